"""A solve's seconds: what is among them, and what comes before."""

import asyncio
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.command import vtc
from tests.scripted import Scripted
from tests.solved import QUESTION, SEGMENTS
from vtc_r1 import Solver
from vtc_r1.errors import BackendError
from vtc_r1.events import Finished, Started
from vtc_r1.serve.gate import Gate
from vtc_r1.serve.solve import Solve


class Time:
    """A clock of the solve that goes on only when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("vtc_r1.generation.time", SimpleNamespace(monotonic=lambda: self.now))


class Slow(Scripted):
    """Must be loaded first, which takes its time."""

    def __init__(self, clock: Time, *, loading: float, segment: float = 0.0) -> None:
        super().__init__(self._said)
        self.clock, self.loading, self.segment, self.loads = clock, loading, segment, 0

    async def load(self) -> float:
        if self.loads:
            return 0.0
        self.loads += 1
        self.clock.now += self.loading
        return self.loading

    def _said(self, request: Any) -> str:
        assert self.loads
        self.clock.now += self.segment
        return SEGMENTS[min(len(request.prompt.pages), len(SEGMENTS) - 1)]


def test_loading_is_no_part_of_the_seconds_and_stands_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Slow(Time(monkeypatch), loading=500.0)
    trace = asyncio.run(Solver(backend=backend, preset="nano", max_seconds=1).asolve(QUESTION))
    assert (trace.status, trace.answer) == ("answered", "8")
    assert (trace.seconds, trace.seconds_loading) == (0.0, 500.0)


def test_the_limit_holds_for_the_solve_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Slow(Time(monkeypatch), loading=500.0, segment=0.75)
    trace = asyncio.run(Solver(backend=backend, preset="nano", max_seconds=0.5).asolve(QUESTION))
    assert (trace.status, trace.answer, len(trace.iterations)) == ("exhausted", None, 1)
    assert (trace.seconds, trace.seconds_loading) == (0.75, 500.0)


def test_it_began_when_it_was_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def events() -> list[Any]:
        solver = Solver(backend=Slow(Time(monkeypatch), loading=500.0), preset="nano")
        return [event async for event in solver.astream(QUESTION)]

    first, *_, last = asyncio.run(events())
    assert isinstance(first, Started) and isinstance(last, Finished)
    assert (first.trace.seconds, first.trace.seconds_loading) == (0.0, 500.0)
    assert last.trace.seconds_loading == 500.0


def test_a_model_that_cannot_be_loaded_fails_the_solve_and_not_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(Slow):
        async def load(self) -> float:
            raise BackendError("no memory is left for the weights")

    with Solver(backend=Broken(Time(monkeypatch), loading=1.0), preset="nano") as solver:
        traces = list(solver.map([QUESTION] * 3, concurrency=2))
    assert [(trace.status, trace.seconds) for trace in traces] == [("failed", 0.0)] * 3
    assert {trace.error for trace in traces} == {"no memory is left for the weights"}


def test_of_many_solves_one_has_the_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    with Solver(backend=Slow(Time(monkeypatch), loading=7.5), preset="nano", max_seconds=1) as solver:
        traces = list(solver.map([QUESTION] * 12, concurrency=4))
    assert sum(trace.seconds_loading for trace in traces) == 7.5
    assert {trace.status for trace in traces} == {"answered"}


@pytest.mark.model
def test_the_model_in_this_process_says_once_how_long_it_took() -> None:
    pytest.importorskip("torch")
    with Solver(max_seconds=60) as solver:
        traces = list(solver.map(["1+2*3", "9*8-7", "4*5+6", "7-2"], concurrency=4))
        again = solver.solve("1+2")
    loading = sorted(trace.seconds_loading for trace in [*traces, again])
    assert loading[:-1] == [0.0] * 4 and loading[-1] > 0
    assert all(trace.answer for trace in traces)


def test_waiting_for_a_turn_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Time(monkeypatch)

    async def served() -> Any:
        solver = Solver(backend=Slow(clock, loading=0.0, segment=0.25), preset="nano", max_seconds=1)
        gate = Gate(1, 8)
        (first,), (second,) = gate.tickets(1), gate.tickets(1)
        solve = Solve("name", "", QUESTION, solver.begin(QUESTION), second)
        solve.start()
        clock.now += 1_000
        first.leave()
        return await solve.finished()

    trace = asyncio.run(served())
    assert (trace.status, trace.seconds) == ("answered", 0.5)


def test_a_solve_that_never_had_its_turn_took_no_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Time(monkeypatch)
    loop = Solver(backend=Slow(clock, loading=0.0), preset="nano").begin(QUESTION)
    clock.now += 1_000
    assert loop.trace("cancelled").seconds == 0.0


@pytest.mark.process
def test_the_command_has_the_loading_in_its_trace(tmp_path: Path) -> None:
    """torch is imported and the weights are loaded anew here; the solve's own limit is no matter of that."""
    pytest.importorskip("torch")
    began = time.monotonic()
    done = vtc("solve", "37 + 85 - 19 * 2 + 46", "--max-seconds", "60", "--json", cwd=tmp_path)
    whole = time.monotonic() - began
    trace = json.loads(done.out)
    assert (done.code, trace["answer"]) == (0, "130")
    assert trace["seconds_loading"] > 0 and trace["seconds"] + trace["seconds_loading"] < whole
    assert "s of loading" in done.err
