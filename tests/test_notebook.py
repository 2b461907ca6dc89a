"""A trace and its pages in a notebook; `docs/tour.ipynb` runs from its first cell to its last."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import Scripted
from tests.solved import QUESTION, SEGMENTS, solved
from tests.test_docs import script
from vtc_r1 import Solver
from vtc_r1.events import Finished, TextDelta
from vtc_r1.renderers import Renderer
from vtc_r1.storage import parse_trace

TOUR = Path(__file__).parents[1] / "docs" / "tour.ipynb"
SCRIPT = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}</pre></style>"
VOID = ("img", "br", "meta", "link")


class Elements(HTMLParser):
    """The elements of a piece of HTML, and whether each is closed where it was opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def names(self) -> set[str]:
        return {tag for tag, _ in self.found}


def test_a_trace_shows_question_segments_pages_and_answer() -> None:
    trace = solved()
    shown = Elements(trace._repr_html_())
    (page,) = trace.pages.values()
    images = [attributes for tag, attributes in shown.found if tag == "img"]
    assert [image["src"] for image in images] == [page.data_uri]
    assert images[0]["alt"] == "page, 128×32 px"
    for part in (QUESTION, *SEGMENTS, "answered", "8", "reads 1 page, 4 vision tokens", "memory optical"):
        assert part in shown.text
    assert "text tokens → 4 vision tokens" in shown.text
    assert [tag for tag, _ in shown.found].count("details") == 2


def test_why_the_answer_may_be_wrong_and_what_loading_took_are_shown() -> None:
    sentence = "mine was not trained for <b>memory</b> facts: its answers may be wrong"
    told = solved().model_copy(update={"warnings": [sentence], "seconds_loading": 12.34})
    shown = Elements(told._repr_html_())
    assert f"Warning: {sentence}." in shown.text and "after 12.3 s of loading" in shown.text
    assert "Warning" not in Elements(solved()._repr_html_()).text


def test_a_trace_without_its_pages_says_what_they_were() -> None:
    shown = Elements(parse_trace(solved().model_dump_json())._repr_html_())
    assert "img" not in shown.names() and "page 128×32 px" in shown.text


@pytest.mark.parametrize("field", ["question", "answer", "error", "text", "model", "memory"])
def test_no_text_becomes_markup(field: str) -> None:
    trace = solved()
    if field == "text":
        update: dict[str, Any] = {"iterations": [trace.iterations[0].model_copy(update={"text": SCRIPT})]}
    elif field == "model":
        update = {"model": trace.model.model_copy(update={"name": SCRIPT})}
    else:
        update = {"answer": None, field: SCRIPT}
    shown = Elements(trace.model_copy(update=update)._repr_html_())
    assert SCRIPT in shown.text
    assert "script" not in shown.names()
    assert not any(name.startswith("on") for _, attributes in shown.found for name in attributes)
    assert all((one["src"] or "").startswith("data:image/png;") for tag, one in shown.found if tag == "img")


def test_a_page_says_what_it_is() -> None:
    page = Renderer("default").render("Twelve words")[0]
    assert (
        repr(page)
        == f"Page({page.width}×{page.height} px, {page.vision_tokens} vision tokens, 12 characters)"
    )


async def test_a_running_event_loop_can_solve_and_stream() -> None:
    solver = Solver(backend=Scripted(SEGMENTS * 3), preset="nano")
    assert solver.solve(QUESTION).answer == "8"
    assert (await solver.asolve(QUESTION)).answer == "8"
    events = [event async for event in solver.astream(QUESTION)]
    assert any(isinstance(event, TextDelta) for event in events)
    assert isinstance(events[-1], Finished) and events[-1].trace.answer == "8"
    await solver.aclose()


@pytest.mark.process
def test_the_tour_gives_what_is_stored_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the embedded model needs the extra local")
    nbformat = pytest.importorskip("nbformat", reason="the tour needs the extra dev")
    pytest.importorskip("nbclient")
    tour = script("write_tour")
    monkeypatch.setenv("PYTHONPATH", str(TOUR.parents[1]))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore:IProgress not found")  # no ipywidgets here
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    stored, fresh = nbformat.read(TOUR, as_version=4), tour.executed(tmp_path)
    assert tour.comparable(stored) == tour.comparable(fresh), "python docs/write_tour.py"
    shown = [output for cell in stored.cells for output in cell.get("outputs", [])]
    kinds = {kind for output in shown for kind in output.get("data", {})}
    assert {"text/html", "image/png"} <= kinds
    printed = "".join(output.get("text", "") for output in shown if output.output_type == "stream")
    assert "answered 130" in printed
    assert not any(output.get("name") == "stderr" for output in shown), printed
    assert TOUR.stat().st_size < 60_000 and str(Path.home()) not in TOUR.read_text(encoding="utf-8")
