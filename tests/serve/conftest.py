"""Servers for the tests of this room."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from tests.scripted import Scripted
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


def _repeated(segments: Any) -> Any:
    """Say the segments to every solve from the beginning: as many as its prompt carries pages."""

    def say(request: Any) -> Any:
        return segments[min(len(request.prompt.pages), len(segments) - 1)]

    return say
