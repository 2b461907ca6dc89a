"""The embedded model: the small Qwen3-VL checkpoint that ships with the package."""

from importlib import resources
from pathlib import Path

from vtc_r1 import exercises
from vtc_r1.backends.transformers import TransformersBackend
from vtc_r1.errors import CheckpointError, UnsupportedQuestion

MODEL = "vtc-r1-nano"
_TAUGHT = "it knows " + ", ".join(kind.example for kind in exercises.KINDS.values()) + " and the like"
_SERVED = "for anything else name a served Qwen3-VL: --base-url http://HOST:30000/v1 --model NAME"


class EmbeddedBackend(TransformersBackend):
    """The embedded model on the CPU, through `transformers`."""

    name = "embedded"

    def __init__(self) -> None:
        folder = checkpoint()
        if not (folder / "model.safetensors").is_file():
            raise CheckpointError(f"the embedded checkpoint {folder} is incomplete; install vtc-r1 again")
        super().__init__(folder, device="cpu", threads=1)  # more of them only wait for each other
        self.model = MODEL


def checkpoint() -> Path:
    """Return the folder of the embedded checkpoint."""
    return Path(str(resources.files("vtc_r1.backends") / "nano"))


def question(text: str) -> str:
    """Return `text` as the embedded model was trained to see it; raises UnsupportedQuestion."""
    try:
        exercise = exercises.read(text)
    except exercises.Outside as error:
        raise UnsupportedQuestion(f"{_short(text)}: {error}; {_TAUGHT}; {_SERVED}") from error
    if exercise is None:
        unknown = f"{_short(text)} is of no kind that the embedded model knows"
        raise UnsupportedQuestion(f"{unknown}; {_TAUGHT}; {_SERVED}")
    return exercise.question


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else line[:57] + "…")
