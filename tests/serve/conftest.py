"""Servers for the tests of this room."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from tests.eval.report.browser import Tab, tabs
from tests.scripted import Scripted
from tests.serve.browsing import Paced
from tests.serve.running import Running, running
from tests.solved import SEGMENTS
from vtc_r1 import Solver


class Start(Protocol):
    """Starts a server whose model says what it is told; stopped after the test."""

    def __call__(self, segments: Any = SEGMENTS, **options: Any) -> Running: ...


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(
            segments: Any = SEGMENTS, *, delay: float = 0.0, preset: str = "vtc-r1", **options: Any
        ) -> Running:
            said = segments if callable(segments) else _repeated(segments)
            solver = Solver(backend=Scripted(said, delay=delay), preset=preset)
            return stack.enter_context(running(solver, **options))

        yield begin


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with tabs(viewport={"width": 1200, "height": 800}) as opened:
        yield opened


@pytest.fixture
def calm(tab: Tab) -> Iterator[Tab]:
    tab.said.clear()
    tab.asked.clear()
    yield tab
    tab.page.goto("about:blank")


@pytest.fixture
def backend() -> Paced:
    return Paced()


@pytest.fixture
def server(backend: Paced) -> Iterator[Running]:
    with running(Solver(backend=backend, preset="vtc-r1-glyph"), concurrency=1, queue=1) as made:
        yield made


def _repeated(segments: Any) -> Any:
    """Say the segments to every solve from the beginning: as many as its prompt carries pages."""

    def say(request: Any) -> Any:
        return segments[min(len(request.prompt.pages), len(segments) - 1)]

    return say
