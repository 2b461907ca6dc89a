"""Many solves at once: each on its own, none kept, none lost."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncGenerator

import pytest

from tests.conftest import Serve
from tests.loopback import MODEL, Reply
from tests.scripted import Scripted
from tests.test_solver import echo
from vtc_r1 import Solver, Trace
from vtc_r1.memory import Optical
from vtc_r1.portal import Portal
from vtc_r1.renderers import Page
from vtc_r1.schedule import Schedule

TRACE = asyncio.run(Solver(backend=Scripted(echo)).asolve("one"))


async def test_stopping_hands_out_what_is_finished_and_cancels_the_rest() -> None:
    begun: list[int] = []
    cancelled: list[int] = []

    async def solve(index: int, question: str) -> Trace:
        begun.append(index)
        try:
            await asyncio.sleep(0 if index < 3 else 60)
        except asyncio.CancelledError:
            cancelled.append(index)
            raise
        return TRACE.model_copy(update={"index": index})

    schedule = Schedule(solve, map(str, range(100)), 5)
    traces = schedule.results()
    handed = [(await anext(traces)).index]
    await asyncio.sleep(0.01)
    schedule.stop()
    handed += [trace.index async for trace in traces]
    assert sorted(handed) == [0, 1, 2]
    assert sorted(cancelled) == [index for index in begun if index >= 3]
    assert len(begun) <= 8


async def test_a_slow_consumer_slows_the_solves_down() -> None:
    begun = 0

    async def solve(index: int, question: str) -> Trace:
        nonlocal begun
        begun += 1
        return TRACE

    traces = Schedule(solve, map(str, range(10_000)), 4).results()
    for _ in range(3):
        await anext(traces)
        await asyncio.sleep(0.01)
    assert begun <= 8
    await traces.aclose()


async def test_the_first_to_come_are_the_first_to_begin() -> None:
    begun: list[int] = []

    async def solve(index: int, question: str) -> Trace:
        begun.append(index)
        await asyncio.sleep(0.001 * (index * 7 % 5))
        return TRACE

    async for _ in Schedule(solve, map(str, range(50)), 6).results():
        pass
    assert begun == list(range(50))


async def test_more_solves_than_start_at_once_run_side_by_side() -> None:
    begun, all_run = 0, asyncio.Event()

    async def solve(index: int, question: str) -> Trace:
        nonlocal begun
        begun += 1
        if begun == 300:
            all_run.set()
        await all_run.wait()
        return TRACE

    async with asyncio.timeout(30):
        assert len([trace async for trace in Schedule(solve, map(str, range(300)), 300).results()]) == 300


def test_items_wait_for_a_synchronous_consumer_within_bounds() -> None:
    made = 0

    async def items() -> AsyncGenerator[int]:
        nonlocal made
        for made in range(1, 1_000):
            yield made

    portal = Portal()
    iterator = portal.iterate(items(), waiting=4)
    assert next(iterator) == 1
    time.sleep(0.1)
    assert made <= 6
    assert list(iterator) == list(range(2, 1_000))
    portal.close()


def interrupt_once(ready: threading.Event) -> None:
    ready.wait(10)
    time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupted_map_delivers_what_is_done_and_cancels_the_rest(serve: Serve) -> None:
    server = serve(lambda body: Reply("\\boxed{1}", hang="slow" in str(body["messages"])))
    hanging = threading.Event()

    def watch() -> None:
        if server.wait_for(lambda now: len(now.requests) == 4 and now.active == 2):
            hanging.set()

    threading.Thread(target=watch, daemon=True).start()
    threading.Thread(target=interrupt_once, args=(hanging,), daemon=True).start()
    done: list[str] = []
    with Solver(base_url=server.base_url, model=MODEL) as solver:
        with pytest.raises(KeyboardInterrupt):
            for trace in solver.map(["quick 1", "slow", "quick 2", "slow", "never"], concurrency=2):
                done.append(trace.question)
        assert done == ["quick 1", "quick 2"]
        assert server.wait_for(lambda now: now.active == 0)
    assert len(server.requests) == 4


def test_an_interrupted_portal_hands_out_the_last_items_first() -> None:
    portal, stopped, ready = Portal(), threading.Event(), threading.Event()

    async def items() -> AsyncGenerator[str]:
        yield "first"
        while not stopped.is_set():
            await asyncio.sleep(0.01)
        yield "finished meanwhile"

    threading.Thread(target=interrupt_once, args=(ready,), daemon=True).start()
    taken = []
    with pytest.raises(KeyboardInterrupt):
        for item in portal.iterate(items(), stop=stopped.set):
            taken.append(item)
            ready.set()
    portal.close()
    assert taken == ["first", "finished meanwhile"]


async def test_pages_are_drawn_beside_the_event_loop() -> None:
    threads: list[str] = []

    class Watching(Optical):
        def add(self, segment: str) -> list[Page]:
            threads.append(threading.current_thread().name)
            return super().add(segment)

    async with Solver(backend=Scripted(["Work.\n", "\\boxed{42}"]), memory=Watching) as solver:
        assert (await solver.asolve("6 times 7?")).answer == "42"
    assert len(threads) == 1 and threads[0].startswith("vtc-r1-pages")
