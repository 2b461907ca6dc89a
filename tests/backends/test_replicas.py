"""Several servers that serve the same model."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.backends.asked import ask, backend
from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply, refusal
from vtc_r1 import Solver
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.backends.wire import replicas
from vtc_r1.errors import BackendError, UnknownName, UsageError


def slow(_: Any) -> Reply:
    return Reply("42", pause=0.02)


def both(serve: Serve, **options: Any) -> tuple[Loopback, Loopback, OpenAIBackend]:
    first, second = serve(slow), serve(slow)
    return first, second, backend([first.base_url, second.base_url], **options)


def counts(*servers: Loopback) -> list[int]:
    return [len(server.requests) for server in servers]


@pytest.mark.parametrize("form", [list, ",".join, " , ".join])
def test_addresses_come_as_a_list_or_with_commas(form: Any) -> None:
    urls = ["http://a:1/v1", "http://b:2/v1"]
    assert OpenAIBackend(form(urls), MODEL).base_urls == urls
    with Solver(base_url=form(urls), model=MODEL) as solver:
        assert solver.backend.base_urls == urls  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", ["http://a/v1,nowhere", "http://a/v1,", ["http://a/v1", "ftp://b"]])
def test_an_address_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match="is not an http"):
        Solver(base_url=wrong, model=MODEL)


def test_no_address_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="no server"):
        OpenAIBackend([], MODEL)


async def test_solves_spread_and_stay(serve: Serve) -> None:
    first, second, asked = both(serve)
    await asyncio.gather(*(ask(asked, solve=str(number)) for number in range(20)))
    assert counts(first, second) == [10, 10]
    members = asked._here().replicas.members
    assert [member.solves for member in members] == [10, 10]
    for _ in range(6):
        await ask(asked, solve="3")
    assert sorted(counts(first, second)) == [10, 16]


async def test_a_killed_server_loses_its_solves_to_the_other_and_gets_new_ones_later(serve: Serve) -> None:
    first, _second, asked = both(serve)
    names = [str(number) for number in range(12)]
    await asyncio.gather(*(ask(asked, solve=name) for name in names))
    port = int(first.base_url.split(":")[2].split("/")[0])
    tasks = [asyncio.create_task(ask(asked, solve=name)) for name in names]
    first.kill()
    done = await asyncio.gather(*tasks)
    assert [each.text for each in done] == ["42"] * 12
    again = serve(slow, port=port)
    members = asked._here().replicas.members
    members[0].breaker.until = 0.0 if members[0].breaker.away else None
    await asyncio.gather(*(ask(asked, solve=name) for name in names))
    moved = len(again.requests)
    await ask(asked, solve="probe")
    await asyncio.gather(*(ask(asked, solve=f"new {number}") for number in range(8)))
    assert moved == 0
    assert len(again.requests) >= 4
    assert not members[0].breaker.away


@pytest.mark.slow
async def test_all_servers_away_are_waited_for_if_they_ever_answered(serve: Serve) -> None:
    server = serve(slow)
    port = int(server.base_url.split(":")[2].split("/")[0])
    asked = backend(server.base_url)
    await ask(asked)
    server.kill()
    tasks = [asyncio.create_task(ask(asked, solve=str(number))) for number in range(10)]
    await asyncio.sleep(0.3)
    again = serve(slow, port=port)
    done = await asyncio.gather(*tasks)
    assert Counter(each.text for each in done) == {"42": 10}
    assert len(again.requests) == 10


async def test_a_server_that_never_comes_back_is_given_up() -> None:
    server = Loopback(slow)
    asked = backend(server.base_url)
    asked.retries = asked.retries.__class__(first=0.01, server_wait=0.6)
    await ask(asked)
    server.kill()
    done = await asyncio.gather(*(ask(asked) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(each, BackendError) and "cannot be reached" in str(each) for each in done)


async def test_a_waiting_request_can_be_cancelled() -> None:
    server = Loopback(slow)
    asked = backend(server.base_url)
    await ask(asked)
    server.kill()
    tasks = [asyncio.create_task(ask(asked)) for _ in range(4)]
    await asyncio.sleep(0.2)
    for task in tasks:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in done)
    assert asked._here().replicas.members[0].breaker.probe is None


async def test_a_server_that_says_it_cannot_serve_is_taken_out(serve: Serve) -> None:
    ill, well = serve(lambda _: refusal("no workers", 503)), serve(slow)
    asked = backend([ill.base_url, well.base_url])
    done = [await ask(asked, solve="one") for _ in range(12)]
    assert {each.text for each in done} == {"42"}
    assert len(ill.requests) <= 8


async def test_old_solves_are_forgotten(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "_SOLVES", 5)
    _, _, asked = both(serve)
    for number in range(12):
        await ask(asked, solve=str(number))
    here = asked._here().replicas
    assert len(here._placed) == 5
    assert sum(member.solves for member in here.members) == 5


async def test_check_asks_every_server(serve: Serve) -> None:
    first, second = serve(slow, context=8_192), serve(slow, context=4_096)
    asked = backend([first.base_url, second.base_url])
    await asked.check()
    assert asked.context == 4_096
    other = serve(slow, models=("another/model",))
    with pytest.raises(UnknownName, match=other.base_url):
        await backend([first.base_url, other.base_url]).check()
    down = Loopback(slow)
    down.kill()
    with pytest.raises(BackendError, match=f"{down.base_url}.* cannot be reached"):
        await backend([first.base_url, down.base_url]).check()


@pytest.mark.parametrize(("context", "expected"), [(32_768, 32_768), (None, None)])
async def test_check_learns_the_context(serve: Serve, context: int | None, expected: int | None) -> None:
    asked = backend(serve(slow, context=context).base_url)
    assert asked.context is None
    await asked.check()
    assert asked.context == expected


async def test_check_names_the_address_that_lacks_its_v1(serve: Serve) -> None:
    server = serve(slow)
    with pytest.raises(BackendError, match=f"but {server.base_url} does; correct --base-url"):
        await backend(server.base_url.removesuffix("/v1")).check()
