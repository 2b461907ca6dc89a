"""How much memory many queued problems take over an idle solver, measured in a fresh process."""

import gc
import resource
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from served import fresh, serving
from wire import MODEL, question

from vtc_r1 import Solver, Trace

_LOOKS = 5
"""How often live traces are counted during a run."""
_STILL = 0.5
"""Seconds without a new request after which none is expected."""
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Growth:
    """What a run of `Solver.map` took; resident memory in MB.

    Attributes:
        source: `generator` or `list`: what the questions came from.
        problems: how many there were.
        right: how many got their answer.
        idle_mb: before the run, with one problem solved.
        peak_growth_mb: most during the run, over idle.
        end_growth_mb: after it, over idle.
        most_alive: most traces that existed at one moment.
    """

    source: str
    problems: int
    right: int
    idle_mb: float
    peak_growth_mb: float
    end_growth_mb: float
    most_alive: int


def growth_of(source: str, problems: int, concurrency: int, tokens: int) -> Growth:
    """Solve problems of one segment each, in a process of its own."""
    words = ("--problems", problems, "--segments", 1, "--tokens", tokens)
    with serving("loopback_server.py", *words) as (server,):
        return fresh(_grow, source, problems, concurrency, server.address)


def started_ahead(problems: int, concurrency: int) -> int:
    """How many problems were started while the consumer, which has one trace, takes no other."""
    words = ("--problems", problems, "--segments", 1, "--tokens", 50)
    with (
        serving("loopback_server.py", *words) as (server,),
        Solver(base_url=server.address, model=MODEL) as solver,
    ):
        traces = solver.map((question(number) for number in range(problems)), concurrency=concurrency)
        next(traces)
        before, now = 0, 1
        while now > before:
            time.sleep(_STILL)
            before, now = now, server.tallies()["requests"]
        traces.close()
        return now


def _grow(source: str, problems: int, concurrency: int, address: str) -> Growth:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions: Iterable[str] = (question(number) for number in range(problems))
    with Solver(base_url=address, model=MODEL) as solver:
        solver.solve(question(0))
        idle, right, most_alive = _now(), 0, 0
        if source == "list":
            questions = list(questions)
        every = max(1, problems // _LOOKS)
        for done, trace in enumerate(solver.map(questions, concurrency=concurrency), 1):
            right += trace.answer == str(trace.index)
            del trace
            if done % every == 0:
                most_alive = max(most_alive, _traces())
        return Growth(source, problems, right, idle, _peak() - idle, _now() - idle, most_alive)


def _traces() -> int:
    return sum(isinstance(thing, Trace) for thing in gc.get_objects())


def _now() -> float:
    """Resident memory in MB; the peak so far where the system does not tell."""
    if not _STATUS.exists():
        return _peak()
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
