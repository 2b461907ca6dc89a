import asyncio

import pytest

from vtc_r1.serve.gate import Busy, Gate


async def test_places_then_the_queue_then_no_more():
    gate = Gate(2, 1)
    first, second, third = gate.tickets(3)
    assert (gate.running, gate.waiting, third.ahead) == (2, 1, 0)
    with pytest.raises(Busy) as busy:
        gate.tickets(1)
    assert 1 <= busy.value.seconds <= 120
    first.leave()
    first.leave()
    assert (gate.running, gate.waiting) == (2, 0) and third.turn.is_set()
    second.leave()
    third.leave()
    assert (gate.running, gate.waiting) == (0, 0)


async def test_all_of_a_request_is_admitted_or_nothing():
    gate = Gate(1, 1)
    with pytest.raises(Busy):
        gate.tickets(3)
    assert (gate.running, gate.waiting) == (0, 0)


async def test_one_that_gives_up_waiting_lets_the_next_go_first():
    gate = Gate(1, 2)
    running, impatient, patient = gate.tickets(3)

    async def wait(ticket):
        async with ticket:
            return gate.running

    waiting = [asyncio.create_task(wait(ticket)) for ticket in (impatient, patient)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    assert gate.waiting == 1
    running.leave()
    assert await waiting[1] == 1
    assert (gate.running, gate.waiting) == (0, 0)
