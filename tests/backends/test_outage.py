"""Servers that go away, are ill, and come back."""

import asyncio
import time
from typing import Any

import pytest

from tests.backends.asked import ask, backend
from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply, refusal
from vtc_r1 import Solver
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.backends.wire import breaker, replica
from vtc_r1.backends.wire.replicas import Replicas
from vtc_r1.backends.wire.retrying import Retries
from vtc_r1.errors import BackendError, UsageError

QUICK = {"first": 0.01, "longest": 0.02, "connect_wait": 0.2}


def port_of(server: Loopback) -> int:
    return int(server.base_url.split(":")[2].split("/")[0])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probes come one after another."""
    monkeypatch.setattr(breaker, "_FIRST", 0.01)
    monkeypatch.setattr(breaker, "_LONGEST", 0.01)


async def deserted(monkeypatch: pytest.MonkeyPatch) -> OpenAIBackend:
    """A backend whose server has answered, is away, and is not tried again soon."""
    server = Loopback(lambda _: "42")
    asked = backend(server.base_url)
    await ask(asked)
    server.kill()
    monkeypatch.setattr(breaker, "_FIRST", 1_000.0)
    asked._here().replicas.members[0].breaker._pause = 1_000.0
    return asked


async def test_nobody_wakes_anybody_while_no_server_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, looks = await deserted(monkeypatch), 0
    look = Replicas._choose

    def counted(self: Replicas, solve: str) -> Any:
        nonlocal looks
        looks += 1
        return look(self, solve)

    monkeypatch.setattr(Replicas, "_choose", counted)
    tasks = [asyncio.create_task(ask(asked, solve=str(number))) for number in range(12)]
    while asked.away is None:
        await asyncio.sleep(0.01)
    before = -1
    for _ in range(200):  # until every first attempt has met the dead server; waiters that spin never settle
        if looks == before:
            break
        before = looks
        await asyncio.sleep(0.05)
    for _ in range(2_000):
        await asyncio.sleep(0)
    assert looks == before
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def lets_the_others_in(serve: Serve, server: Loopback, asked: OpenAIBackend, *, probe: Reply) -> None:
    """Six solves meet a dead server; it comes back, never ends its first answer, and the other five end."""
    tasks = [asyncio.create_task(ask(asked, solve=str(number))) for number in range(6)]
    while asked.away is None:
        await asyncio.sleep(0.01)
    again = serve([probe, *["42"] * 5], port=port_of(server))
    for finished, next_done in enumerate(asyncio.as_completed(tasks), 1):
        assert (await next_done).text == "42"
        if finished == 5:
            break
    assert len(again.requests) == 6
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_first_token_of_the_probe_lets_the_others_in(serve: Serve, quick: None) -> None:
    server = Loopback(lambda _: "42")
    asked = backend(server.base_url)
    await ask(asked)
    server.kill()
    await lets_the_others_in(serve, server, asked, probe=Reply("A long thought.", piece=3, hang_after=2))


async def test_the_list_of_models_lets_the_others_in_while_the_probes_whole_segment_is_awaited(
    serve: Serve, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "_LISTING", 0.01)
    server = Loopback(lambda _: "42")
    asked = backend(server.base_url, stream=False)
    await ask(asked)
    server.kill()
    await lets_the_others_in(serve, server, asked, probe=Reply(hang=True))


async def test_a_gateway_that_lists_models_and_serves_none_costs_no_attempts(
    serve: Serve, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its list is there at once, and each refusal takes it longer than that."""
    monkeypatch.setattr(replica, "_LISTING", 0.01)
    ill = 40

    def waking(_: dict[str, Any]) -> Reply:
        if len(server.requests) > ill:
            return Reply("42")
        time.sleep(0.03)
        return refusal("no worker", 503)

    server = serve(waking)
    asked = backend(server.base_url, stream=False, retries=Retries(**QUICK, server_wait=60))
    asked._here().replicas.members[0].breaker.answered = True
    done = await asyncio.gather(*(ask(asked, solve=str(number)) for number in range(3)))
    assert {each.text for each in done} == {"42"}
    ill = 10**9
    asked.retries = asked._here().replicas.retries = Retries(**QUICK, server_wait=0.5)
    done = await asyncio.gather(*(ask(asked, solve=str(at)) for at in range(3)), return_exceptions=True)
    assert all("answered 503: no worker; waited " in str(each) for each in done)


async def test_a_server_that_fails_everyone_is_waited_for(serve: Serve, quick: None) -> None:
    ill = 80

    def recovering(_: dict[str, Any]) -> Reply:
        return refusal("on fire", 500) if len(server.requests) <= ill else Reply("42")

    server = serve(recovering)
    asked = backend(server.base_url)
    done = await asyncio.gather(*(ask(asked, solve=str(number)) for number in range(8)))
    assert {each.text for each in done} == {"42"}
    assert len(server.requests) == ill + 8


async def test_a_server_that_fails_everyone_for_good_is_given_up(serve: Serve, quick: None) -> None:
    server = serve(lambda _: refusal("on fire", 500))
    asked = backend(server.base_url, retries=Retries(**QUICK, server_wait=0.5))
    asked._here().replicas.members[0].breaker.answered = True
    done = await asyncio.gather(*(ask(asked, solve=str(at)) for at in range(8)), return_exceptions=True)
    assert all(isinstance(each, BackendError) and each.cause == "error" for each in done)
    assert all("answered 500: on fire; waited " in str(each) for each in done)


@pytest.mark.slow
async def test_a_question_that_breaks_the_server_ends_alone(serve: Serve, quick: None) -> None:
    def picky(body: dict[str, Any]) -> Reply:
        return refusal("on fire", 500) if "poison" in str(body["messages"]) else Reply("42")

    asked = backend(serve(picky).base_url)
    poisoned = asyncio.create_task(ask(asked, solve="poison", question="poison"))
    done = await asyncio.gather(*(ask(asked, solve=str(number)) for number in range(20)))
    assert {each.text for each in done} == {"42"}
    with pytest.raises(BackendError, match="gave up after 6 attempts") as raised:
        await poisoned
    assert raised.value.cause == "error"


async def test_what_is_waited_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await deserted(monkeypatch)
    assert asked.waits.message(0) is None
    task = asyncio.create_task(ask(asked))
    while asked.away is None:
        await asyncio.sleep(0.01)
    said = asked.waits.message(0)
    assert said is not None and asked.base_urls[0] in said
    assert said.endswith("away for 0 s, trying again: cannot be reached (Connection refused)")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_next_attempt_is_told(serve: Serve) -> None:
    server = serve(lambda _: refusal("busy", 429, {"Retry-After": "60"}))
    asked = backend(server.base_url)
    task = asyncio.create_task(ask(asked))
    while asked.waits.message(0) is None or not server.requests:
        await asyncio.sleep(0.01)
    said = str(asked.waits.message(0))
    assert "answered 429: busy; attempt 2 of 6 in " in said
    assert 50 < float(said.split()[-2]) <= 60
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert asked.waits.message(0) is None


@pytest.mark.slow
async def test_a_probe_on_its_way_is_waited_for_beyond_the_server_wait(serve: Serve, quick: None) -> None:
    """The server is back within the time to wait, and reads the prompt of the probe for longer than that."""
    server = Loopback(lambda _: "42")
    asked = backend(server.base_url, retries=Retries(**QUICK, server_wait=0.6))
    await ask(asked)
    server.kill()
    tasks = [asyncio.create_task(ask(asked, solve=str(number))) for number in range(3)]
    while asked.away is None:
        await asyncio.sleep(0.01)
    began = time.monotonic()
    again = serve(lambda _: Reply("42", pause=max(0.0, began + 1.2 - time.monotonic())), port=port_of(server))
    done = await asyncio.gather(*tasks)
    assert {each.text for each in done} == {"42"}
    assert len(again.requests) == 3


async def test_a_solve_whose_time_is_up_while_the_server_is_away_has_failed() -> None:
    server = Loopback(lambda _: "\\boxed{42}")
    async with Solver(base_url=server.base_url, model=MODEL, max_seconds=1.0) as solver:
        assert (await solver.asolve("What is it?")).answer == "42"
        server.kill()
        trace = await solver.asolve("What is it?")
    assert (trace.status, trace.cause, trace.answer) == ("failed", "away", None)
    assert (
        trace.error is not None
        and "the time limit was reached; " in trace.error
        and "away for" in trace.error
    )
    assert trace.is_owed


def test_the_former_argument_patience_is_deprecated() -> None:
    for given in ({"patience": 3.0}, {"patience": 9.0, "server_wait": 3.0}):
        with pytest.warns(DeprecationWarning, match="server_wait") as warned:
            solver = Solver(base_url="http://127.0.0.1:9/v1", model=MODEL, **given)
        assert warned[0].filename == __file__
        assert isinstance(solver.backend, OpenAIBackend) and solver.backend.retries.server_wait == 3


async def test_the_time_to_wait_is_the_users(serve: Serve) -> None:
    server = Loopback(lambda _: "\\boxed{42}")
    async with Solver(base_url=server.base_url, model=MODEL, server_wait=0) as solver:
        await solver.asolve("What is it?")
        server.kill()
        trace = await solver.asolve("What is it?")
    assert trace.cause == "away" and "; waited 0 s for it" in str(trace.error)
    for wrong in (-1.0, float("nan")):
        with pytest.raises(UsageError, match="server_wait = "):
            Solver(base_url=server.base_url, model=MODEL, server_wait=wrong)
