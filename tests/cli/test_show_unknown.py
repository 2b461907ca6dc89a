"""What views say of vision tokens that nobody counts, and of dollars."""

import io

import pytest
from rich.console import Console

from tests.scripted import Scripted
from vtc_r1 import Solver, Trace
from vtc_r1.cli.show import LiveView, show_trace
from vtc_r1.cli.terminal.live import Totals
from vtc_r1.events import Event
from vtc_r1.notebook import trace_html

WORK = ["First, 6 times 7 is 42.\n" * 3, "So it is \\boxed{42}."]


def solved(preset: str | None, model: str) -> tuple[Trace, list[Event]]:
    scripted = Scripted(WORK, model=model)
    scripted.preset = preset
    with Solver(backend=scripted) as solver:
        events = list(solver.stream("What is 6 times 7?"))
    trace = events[-1].trace  # type: ignore[union-attr]
    record = trace.model.model_copy(update={"backend": "openai"})
    return trace.model_copy(update={"model": record}).with_pages(trace.pages), events


def shown(trace: Trace) -> str:
    console = Console(file=io.StringIO(), width=200)
    show_trace(trace, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_unknown_vision_tokens_are_called_so() -> None:
    trace, events = solved(None, "strange")
    said = shown(trace)
    assert "reads 1 page, unknown vision tokens" in said
    assert "unknown vision tokens read" in said and "price unknown" in said
    assert "compression" not in said and "this page" not in said
    assert "text tokens → unknown vision tokens" in said
    assert trace.compression_ratio is None
    totals, live = Totals(), io.StringIO()
    view = LiveView(Console(file=live, width=200))
    for event in events:
        totals.count(event)
        view.show(event)
    assert "unknown vision tokens read" in totals.line() and "compression" not in totals.line()
    assert "text tokens → unknown vision tokens" in live.getvalue()
    assert "unknown vision tokens" in trace_html(trace) and "compression" not in trace_html(trace)


def test_known_ones_are_counted() -> None:
    trace, _ = solved("qwen3-vl-instruct", "Qwen/Qwen3-VL-8B-Instruct")
    assert "compression" in shown(trace) and "unknown" not in shown(trace)
    assert trace.compression_ratio is not None and "$" not in shown(trace)


def test_a_priced_model_shows_its_dollars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VTC_PRICES", raising=False)
    trace, _ = solved("gpt-5", "gpt-5")
    assert "(prices of 2026-" in shown(trace) and "output " in shown(trace)
    monkeypatch.setenv("VTC_PRICES", "none.toml")
    assert "price unknown: prices none.toml: cannot be read" in shown(trace)
