"""Values looked up in documents: the embedded model is sent what it was trained on, and nothing else."""

import hashlib
import random
from pathlib import Path

import pytest

from tests.documents.pdfs import pdf
from tests.scripted import Scripted
from vtc_r1 import Solver
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.backends.encoding import Encoded, PromptEncoder
from vtc_r1.documents import Document
from vtc_r1.errors import UnsupportedQuestion
from vtc_r1.exercises.lookups import MOST_PAIRS, draw
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Page, Renderer
from vtc_r1.sft.examples import lookup_example

PAIRS = "c2=15\nk7=428\nm0=7\n"


@pytest.fixture(scope="module")
def encoder() -> PromptEncoder:
    pytest.importorskip("transformers")
    return PromptEncoder(checkpoint())


def pixels(encoded: Encoded) -> tuple[bytes, list[list[int]]] | None:
    """Pixels and grids of the pages of a prompt."""
    if encoded.pixels is None or encoded.grids is None:
        return None
    return encoded.pixels.tobytes(), encoded.grids.tolist()


def content(parts: tuple[str | Page, ...]) -> list[str]:
    """Pixels by their hash, texts that stand side by side as one."""
    found = [""]
    for part in parts:
        if isinstance(part, Page):
            found += [hashlib.sha256(part.pixels.tobytes()).hexdigest(), ""]
        else:
            found[-1] += part
    return found


@pytest.mark.model
@pytest.mark.parametrize(
    ("memory", "kind"), [("optical", "optical"), ("decay", "optical"), ("text", "text"), ("single", "text")]
)
@pytest.mark.parametrize("count", [1, 5, MOST_PAIRS])
@pytest.mark.parametrize("name", ["pairs.txt", "pairs", "pairs.csv", "pairs.md", "pairs.tex"])
def test_the_model_is_sent_what_it_was_trained_on(
    encoder: PromptEncoder, tmp_path: Path, memory: str, kind: str, count: int, name: str
) -> None:
    lookup = draw(random.Random(count), count)
    path = tmp_path / name
    path.write_text("\n".join(lookup.pairs) + "\n", encoding="utf-8")
    example = lookup_example(lookup, kind, PromptSet("nano"), Renderer("nano"))
    backend = Scripted([example.target])
    with Solver(backend=backend, preset="nano", memory=memory) as solver:
        trace = solver.solve(f" {lookup.question.upper()}", [path])
    sent, taught = (encoder.encode(prompt) for prompt in (backend.requests[0].prompt, example.prompt))
    assert sent.ids == taught.ids
    assert pixels(sent) == pixels(taught)
    assert (pixels(sent) is None) == (kind == "text")
    assert (trace.status, trace.answer, len(trace.iterations)) == ("answered", lookup.answer, 1)


def test_how_a_document_is_written_changes_its_record_alone() -> None:
    backend, bodies = (
        Scripted(lambda request: "</think><answer>1</answer>"),
        [PAIRS, " C2 =15\r\n\nK7= 428\nm0=7"],
    )
    with Solver(backend=backend, preset="nano") as solver:
        plain, other = [solver.solve("k7?", [Document.of_text(body)]) for body in bodies]
        halves = solver.solve("k7?", [Document.of_text(body) for body in ("c2=15\nk7=428", "m0=7")])
    sent = [content(request.prompt.content) for request in backend.requests]
    assert sent[0] == sent[1] == sent[2]
    assert (
        plain.documents[0].sha256 == hashlib.sha256(PAIRS.encode()).hexdigest() != other.documents[0].sha256
    )
    assert [len(record.pages) for record in halves.documents] == [2, 1]


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        (
            "1 + 2 * 3",
            PAIRS,
            "'1 + 2 * 3' is not a question that the embedded model can answer from documents",
        ),
        ("What is k7?", PAIRS, "ask for a name in them, such as k7?"),
        ("k7?", None, "'k7?' asks for a value of a document: give it, --context FILE, in lines NAME=VALUE"),
        ("k7?", "c2=15\nk7 is 428\n", "pairs.txt: line 2, 'k7 is 428', is not NAME=VALUE, such as k7=428"),
        ("k9?", PAIRS, "pairs.txt: k9 does not occur; change the document"),
        ("k7?", PAIRS * 2, "pairs.txt: c2 occurs twice"),
        (
            "k7?",
            "\n".join(f"{letter}7=1" for letter in "abcdefghijklmnopqrstuvwxyz"),
            "it has 26 pairs, not 1 to 24",
        ),
    ],
)
def test_what_is_not_taught_is_refused_in_a_line(question: str, text: str | None, said: str) -> None:
    documents = [] if text is None else [Document.of_text(text, "pairs.txt")]
    backend = Scripted([])
    with (
        Solver(backend=backend, preset="nano") as solver,
        pytest.raises(UnsupportedQuestion) as raised,
    ):
        solver.solve(question, documents)
    assert said in str(raised.value) and "\n" not in str(raised.value)
    assert not backend.requests


def test_a_pdf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.pdf"
    path.write_bytes(pdf(["k7=428"]))
    with (
        Solver(backend=Scripted([]), preset="nano") as solver,
        pytest.raises(UnsupportedQuestion, match=r"pairs\.pdf: a PDF is not a text of lines"),
    ):
        solver.solve("k7?", [path])
