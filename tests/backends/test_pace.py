"""How many requests are in flight to one server."""

import asyncio
import math
import time

import pytest

from tests.backends.asked import ask, backend
from tests.conftest import Serve
from tests.loopback import Reply, refusal
from vtc_r1.backends.wire.pace import Pace


async def entered(pace: Pace, count: int) -> None:
    for _ in range(count):
        assert await pace.enter()


async def test_without_trouble_nobody_waits() -> None:
    pace = Pace()
    await asyncio.wait_for(entered(pace, 1_000), 5)
    for _ in range(1_000):
        pace.first_token(0, 0.2)
        pace.served(0)
        pace.leave()
    assert (pace.limit, pace.running, pace.round) == (math.inf, 0, 0)


async def test_refusals_shrink_the_window_once_a_round() -> None:
    pace = Pace()
    await entered(pace, 100)
    for _ in range(50):
        pace.refused(0)
    assert (pace.limit, pace.round) == (70, 1)
    for _ in range(8):
        pace.refused(1)
    assert (pace.limit, pace.round) == (49, 2)


async def test_a_few_refusals_among_many_successes_do_not() -> None:
    pace = Pace()
    await entered(pace, 50)
    for _ in range(20):
        pace.refused(0)
        for _ in range(12):
            pace.served(0)
    assert pace.limit == math.inf


async def test_the_window_never_closes_and_grows_with_success() -> None:
    pace = Pace()
    await entered(pace, 2)
    for turn in range(10):
        for _ in range(8):
            pace.refused(turn)
    assert pace.limit == 1
    pace.leave()
    for _ in range(80):
        pace.served(pace.round)
    assert pace.limit > 2
    unused = Pace()
    unused.limit = 50.0
    await entered(unused, 1)
    unused.served(0)
    assert unused.limit == 50


async def test_late_first_tokens_shrink_the_window_and_long_prefills_do_not() -> None:
    pace = Pace()
    await entered(pace, 64)
    for waited in [0.1] * 64 + [2.0] * 64:
        pace.first_token(0, waited)
    assert pace.limit == math.inf
    for _ in range(16):
        pace.first_token(0, 20.0)
    assert pace.limit == 64 * 0.85
    steady = Pace()
    await entered(steady, 64)
    for _ in range(200):
        steady.first_token(0, 20.0)
    assert steady.limit == math.inf


async def test_first_come_first_served_and_cancelled_ones_cost_nothing() -> None:
    pace, order = Pace(), list[int]()
    pace.limit = 1.0
    await entered(pace, 1)

    async def wait(number: int) -> None:
        assert await pace.enter()
        order.append(number)
        pace.leave()

    tasks = [asyncio.create_task(wait(number)) for number in range(6)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    await asyncio.sleep(0)
    pace.leave()
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [1, 3, 4, 5]
    assert (pace.running, pace.demand) == (0, 0)


async def test_a_pause_holds_everybody_and_ends_by_itself() -> None:
    pace = Pace()
    pace.pause(0.2)
    began = time.monotonic()
    await asyncio.gather(*(pace.enter() for _ in range(5)))
    assert time.monotonic() - began >= 0.2


async def test_the_evicted_learn_of_it() -> None:
    pace = Pace()
    pace.limit = 1.0
    await entered(pace, 1)
    waiting = [asyncio.create_task(pace.enter()) for _ in range(3)]
    await asyncio.sleep(0)
    pace.evict()
    assert await asyncio.gather(*waiting) == [False] * 3
    assert pace.running == 1


@pytest.mark.slow
async def test_a_server_that_refuses_more_than_it_takes_gets_no_more(serve: Serve) -> None:
    server = serve(lambda _: refusal("queue full", 503) if server.active > 4 else Reply("42", pause=0.05))
    asked = backend(server.base_url)
    asked.retries = asked.retries.__class__(attempts=40, first=0.05, longest=0.2)

    async def some() -> None:
        for _ in range(6):
            assert (await ask(asked)).text == "42"

    await asyncio.gather(*(some() for _ in range(24)))
    pace = asked._here().replicas.members[0].pace
    assert pace.limit < 24 and pace.demand == 0


async def test_retry_after_of_a_503_pauses_the_server(serve: Serve) -> None:
    server = serve([refusal("busy", 503, {"Retry-After": "0.5"}), "1", "2"])
    asked = backend(server.base_url)
    first = asyncio.create_task(ask(asked))
    assert await asyncio.to_thread(server.wait_for, lambda now: len(now.requests) == 1)
    while not asked._here().replicas.members[0].pace._paused_until:
        await asyncio.sleep(0.01)
    began = time.monotonic()
    await ask(asked)
    assert time.monotonic() - began >= 0.3
    await first
