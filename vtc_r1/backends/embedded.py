"""The embedded model: the small Qwen3-VL checkpoint that ships with the package."""

from dataclasses import replace
from importlib import resources
from pathlib import Path

from vtc_r1 import exercises
from vtc_r1.backends import checkpoint as checkpoints
from vtc_r1.backends.transformers import TransformersBackend
from vtc_r1.documents import Document
from vtc_r1.errors import CheckpointError, UnsupportedQuestion
from vtc_r1.exercises import lookups
from vtc_r1.trained import TrainedFor

MODEL = "vtc-r1-nano"
_TAUGHT = "it knows " + ", ".join(kind.example for kind in exercises.KINDS.values()) + " and the like"
_SERVED = "for anything else name a served Qwen3-VL: --base-url http://HOST:30000/v1 --model NAME"


class EmbeddedBackend(TransformersBackend):
    """The embedded model on the CPU, through `transformers`."""

    name = "embedded"

    def __init__(self) -> None:
        folder = checkpoint()
        if not (folder / "model.safetensors").is_file():
            raise CheckpointError(f"the embedded checkpoint {folder} is incomplete; reinstall vtc-r1")
        super().__init__(folder, device="cpu", threads=1)  # more threads only wait for each other
        self.model = MODEL


def checkpoint() -> Path:
    """Return the folder of the embedded checkpoint."""
    return Path(str(resources.files("vtc_r1.backends") / "nano"))


def trained_for() -> TrainedFor | None:
    """Return what the embedded model was trained for, from its checkpoint."""
    return checkpoints.trained_for(checkpoint())


def question(text: str) -> str:
    """Return `text` in the form that the embedded model was trained on; raises UnsupportedQuestion."""
    if lookups.read(text) is not None:
        raise UnsupportedQuestion(
            f"{_short(text)} asks for a value of a document: give it, --context FILE, in lines {lookups.FORM}"
        )
    try:
        exercise = exercises.read(text)
    except exercises.OutOfRange as error:
        raise UnsupportedQuestion(f"{_short(text)}: {error}; {_TAUGHT}; {_SERVED}") from error
    if exercise is None:
        unknown = f"{_short(text)} is not of a kind that the embedded model knows"
        raise UnsupportedQuestion(f"{unknown}; {_TAUGHT}; {_SERVED}")
    return exercise.question


def lookup(text: str, documents: tuple[Document, ...]) -> tuple[str, tuple[Document, ...]]:
    """Return a question and its documents in the form that the embedded model was trained on.

    Documents keep their bytes, which the trace records; only their pairs are shown to the model.

    Raises:
        UnsupportedQuestion: the question is not a lookup, or a document is outside the training distribution.
    """
    if (asked := lookups.read(text)) is None:
        raise UnsupportedQuestion(
            f"{_short(text)} is not a question that the embedded model can answer from documents: ask for a "
            f"name in them, such as k7?, or leave the documents out; {_SERVED}"
        )
    shown = tuple(_pairs_of(document) for document in documents)
    try:
        lookups.check_trained_range(asked, tuple(pair for each in shown for pair in each.written.split("\n")))
    except exercises.OutOfRange as error:
        names = ", ".join(document.name for document in documents)
        raise UnsupportedQuestion(f"{names}: {error}; change the document; {_SERVED}") from error
    return asked, shown


def _pairs_of(document: Document) -> Document:
    """Return the document with its pairs as its text; raises UnsupportedQuestion."""
    try:
        if document.kind == "pdf":
            raise exercises.OutOfRange(f"a PDF is not a text of lines {lookups.FORM}")
        pairs = lookups.read_pairs(document.written)
    except exercises.OutOfRange as error:
        raise UnsupportedQuestion(f"{document.name}: {error}; change the document; {_SERVED}") from error
    return replace(document, written="\n".join(pairs))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else line[:57] + "…")
