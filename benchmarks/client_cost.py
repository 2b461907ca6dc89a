"""Processor time of the client while it solves over sockets: all of it, drawing apart, and by parts."""

import argparse
import asyncio
import contextlib
import cProfile
import functools
import pstats
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from sampled import Sampled
from served import fresh, serving
from wire import MODEL, question

from vtc_r1 import Solver
from vtc_r1.portal import new_event_loop
from vtc_r1.renderers import Page, Renderer

Row = dict[str, Any]


@dataclass
class Drawing:
    """Processor seconds spent on drawing pages, compressing and hashing them."""

    seconds: float = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Count the processor time of a function, on whatever thread it runs."""

        @functools.wraps(function)
        def run(*arguments: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds += time.thread_time() - began

        return run


@contextlib.contextmanager
def drawing_timed() -> Iterator[Drawing]:
    """Count drawing, compression and hashing within the block."""
    drawing, render, ready = Drawing(), Renderer.render, Page.ready
    Renderer.render, Page.ready = drawing.timed(render), drawing.timed(ready)  # type: ignore[method-assign]
    try:
        yield drawing
    finally:
        Renderer.render, Page.ready = render, ready  # type: ignore[method-assign]


def yardstick() -> float:
    """Processor milliseconds of a fixed computation: what this machine, as busy as it is, makes of it."""
    took = []
    for _ in range(5):
        began = time.process_time()
        sum(number * number for number in range(200_000))
        took.append(1e3 * (time.process_time() - began))
    return median(took)


async def solve(address: str, problems: int, concurrency: int, during: Any) -> Row:
    """Solve one problem to warm up, then all others."""
    async with Solver(base_url=address, model=MODEL) as solver:
        await solver.asolve(question(0))
        right = iterations = 0
        with drawing_timed() as drawing, during:
            began, cpu = time.monotonic(), time.process_time()
            questions = (question(number) for number in range(1, problems))
            async for trace in solver.amap(questions, concurrency=concurrency):
                right += trace.answer == str(trace.index + 1)
                iterations += len(trace.iterations)
            seconds, used = time.monotonic() - began, time.process_time() - cpu
    return {
        "problems": problems - 1,
        "right": right,
        "iterations": iterations,
        "seconds": seconds,
        "cpu_ms_an_iteration": 1e3 * used / iterations,
        "drawing_ms_an_iteration": 1e3 * drawing.seconds / iterations,
        "overhead_ms_an_iteration": 1e3 * (used - drawing.seconds) / iterations,
    }


def _run(solving: Coroutine[Any, Any, Row]) -> Row:
    """Run it in an event loop such as `Solver.map` and the commands have."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(solving)


def measure(interval: int, arguments: argparse.Namespace) -> Row:
    """Overhead with so many tokens in a piece of the stream, in a fresh process; arguments of overhead.py."""
    words = ("--problems", arguments.problems + 1, "--segments", arguments.iterations, "--interval", interval)
    words += ("--tokens", arguments.tokens, "--pace", arguments.pace)
    with serving("loopback_server.py", *words) as (server,):
        row = fresh(
            _measured, server.address, arguments.problems + 1, arguments.concurrency, arguments.profile
        )
        said = server.tallies()
    return {
        "interval": interval,
        **row,
        "most_running": said["most_running"],
        "pieces_a_write": said["events"] / said["writes"],
        "server_cpu_ms_an_iteration": 1e3 * said["cpu_seconds"] / row["iterations"],
    }


def _measured(address: str, problems: int, concurrency: int, profiled: bool) -> Row:
    before = yardstick()
    if profiled:
        with cProfile.Profile(time.process_time) as profile:
            row = _run(solve(address, problems, concurrency, contextlib.nullcontext()))
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(15)
        return {**row, "parts_ms": {}, "yardstick_ms": before}
    sampled = Sampled()
    row = _run(solve(address, problems, concurrency, sampled))
    shares = {name: share for name, share in sampled.shares().items() if name != "pages"}
    whole = max(1e-9, sum(shares.values()))
    parts = {name: row["overhead_ms_an_iteration"] * share / whole for name, share in shares.items()}
    return {**row, "parts_ms": parts, "yardstick_ms": (before + yardstick()) / 2}
