"""What is tried again, how often, and what is handed out meanwhile."""

import asyncio
import time
from collections import Counter
from contextlib import aclosing
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.backends.asked import QUICK, ask, backend, pieces, request
from tests.conftest import Serve
from tests.loopback import MODEL, Reply, refusal
from vtc_r1.backends.base import Delta, Restart
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.backends.wire.failure import Failure
from vtc_r1.backends.wire.retrying import Retries, RetryBudget, Tries
from vtc_r1.errors import BackendError, ContextOverflow

THOUGHT = "A long thought that never ends."
BROKEN = {
    "cut": Reply(THOUGHT, pause=0.03, cut_after=2),
    "error": Reply(THOUGHT, pause=0.03, error_after=3),
    "silent end": Reply(THOUGHT, finish_reason=None),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_a_stream_that_breaks_begins_again(serve: Serve, broken: Reply) -> None:
    server = serve([broken, "It is 42."])
    found = await pieces(backend(server.base_url))
    restarts = [at for at, piece in enumerate(found) if isinstance(piece, Restart)]
    assert len(restarts) == 1 and restarts[0] > 0
    reason = found[restarts[0]]
    assert isinstance(reason, Restart) and server.base_url in reason.reason and "\n" not in reason.reason
    assert "".join(piece.text for piece in found[restarts[0] :] if isinstance(piece, Delta)) == "It is 42."
    assert (found[-1].text, found[-1].attempts) == ("It is 42.", 2)  # type: ignore[union-attr]
    assert next(each.body for each in server.requests) == server.requests[1].body


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_a_stream_that_always_breaks_fails_and_says_why(serve: Serve, broken: Reply) -> None:
    server = serve(lambda _: broken)
    with pytest.raises(BackendError, match=r"broke off.*; gave up after 6 attempts") as raised:
        await ask(backend(server.base_url))
    assert len(server.requests) == 6
    assert server.base_url in str(raised.value) and "\n" not in str(raised.value)


async def test_no_restart_where_nothing_was_handed_out(serve: Serve) -> None:
    found = await pieces(backend(serve([refusal("busy", 500), Reply("x", cut_after=0), "y"]).base_url))
    assert not any(isinstance(piece, Restart) for piece in found)
    assert found[-1].attempts == 3  # type: ignore[union-attr]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_passing_error_is_tried_again(serve: Serve, status: int, stream: bool) -> None:
    server = serve([refusal("busy", status), "42"])
    assert (await ask(backend(server.base_url, stream=stream))).attempts == 2


async def test_a_lasting_error_gives_up_after_its_attempts(serve: Serve) -> None:
    server = serve(lambda _: refusal("on fire", 500))
    with pytest.raises(BackendError, match="answered 500: on fire; gave up after 6 attempts"):
        await ask(backend(server.base_url))
    assert len(server.requests) == 6


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_refusal_is_not_tried_again(serve: Serve, status: int) -> None:
    server = serve(lambda _: refusal("no", status))
    with pytest.raises(BackendError):
        await ask(backend(server.base_url))
    assert len(server.requests) == 1


LONG = "The input (1205 tokens) is longer than the model's context length (1000 tokens)."


@pytest.mark.parametrize(
    "reply",
    [refusal(LONG), Reply(THOUGHT, error_after=2, error={"message": LONG, "code": 400})],
    ids=["at once", "in the stream"],
)
async def test_an_overflow_says_so(serve: Serve, reply: Reply) -> None:
    server = serve([reply])
    with pytest.raises(ContextOverflow) as raised:
        await ask(backend(server.base_url))
    assert (raised.value.context, raised.value.prompt, len(server.requests)) == (1000, 1205, 1)


@pytest.mark.parametrize("hanging", [Reply(hang=True), Reply(THOUGHT, hang_after=2)], ids=["mute", "stuck"])
async def test_an_attempt_has_a_deadline(serve: Serve, hanging: Reply) -> None:
    server = serve([hanging, "42"])
    done = await ask(backend(server.base_url), seconds=0.3)
    assert (done.text, done.attempts) == ("42", 2)
    assert await asyncio.to_thread(server.wait_for, lambda now: now.active == 0)


async def test_a_deadline_that_always_passes_is_named(serve: Serve) -> None:
    asked = backend(serve(lambda _: Reply(hang=True)).base_url, retries=Retries(attempts=2, first=0.01))
    with pytest.raises(BackendError, match=r"did not answer within 0\.1 s; gave up after 2 attempts"):
        await ask(asked, seconds=0.1)


async def test_silence_is_given_up_after_the_timeout(serve: Serve) -> None:
    server = serve([Reply(THOUGHT, hang_after=2), "42"])
    assert (await ask(backend(server.base_url, timeout=0.3))).attempts == 2


async def test_retry_after_is_honoured(serve: Serve) -> None:
    server = serve([refusal("busy", 429, {"Retry-After": "0.4"}), "42"])
    began = time.monotonic()
    await ask(backend(server.base_url))
    assert time.monotonic() - began >= 0.4


async def test_a_segment_whose_end_was_told_is_kept_though_the_stream_breaks(serve: Serve) -> None:
    server = serve([Reply("x" * 21, finish_reason="stop", usage={"prompt_tokens": "many"}), "42"])
    with pytest.raises(BackendError, match="other than a completion"):
        await ask(backend(server.base_url))
    assert len(server.requests) == 1


@pytest.mark.parametrize("retries", [0, 2])
async def test_a_given_clients_own_retries_do_not_multiply_ours(serve: Serve, retries: int) -> None:
    server = serve(lambda _: refusal("on fire", 500))
    async with AsyncOpenAI(base_url=server.base_url, api_key="x", max_retries=retries) as client:
        with pytest.raises(BackendError, match="500"):
            await ask(OpenAIBackend(None, MODEL, client=client, retries=QUICK))
        assert client.max_retries == retries
    assert len(server.requests) == 6


@pytest.mark.parametrize("stream", [True, False])
async def test_a_given_client_is_read_like_our_own(serve: Serve, stream: bool) -> None:
    server = serve([Reply("4\ud8002", piece=1, reasoning="Six")])
    async with AsyncOpenAI(base_url=server.base_url, api_key="x") as client:
        done = await ask(OpenAIBackend(None, MODEL, client=client, stream=stream))
    assert (done.text, done.usage.completion_tokens) == ("<think>Six</think>4\ud8002", 20)
    assert server.requests[0].body["top_k"] == -1


async def test_a_client_with_a_create_of_its_own_is_used_as_it_is(serve: Serve) -> None:
    server = serve(["It is 42."])
    async with AsyncOpenAI(base_url=server.base_url, api_key="x") as client:
        create, seen = client.chat.completions.create, []

        async def watched(**arguments: Any) -> Any:
            async def chunks() -> Any:
                async for chunk in await create(**arguments):
                    seen.append(chunk)
                    yield chunk

            return chunks()

        client.chat.completions.create = watched  # type: ignore[method-assign,assignment]
        assert (await ask(OpenAIBackend(None, MODEL, client=client))).text == "It is 42."
    assert len(seen) > 2


async def test_cancelling_between_attempts_ends_it(serve: Serve) -> None:
    server = serve(lambda _: refusal("busy", 429, {"Retry-After": "60"}))
    task = asyncio.create_task(ask(backend(server.base_url)))
    assert await asyncio.to_thread(server.wait_for, lambda now: len(now.requests) == 1)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_leaving_after_a_restart_closes_the_connection(serve: Serve) -> None:
    server = serve([Reply(THOUGHT, pause=0.03, cut_after=2), Reply(THOUGHT, hang_after=2)])
    async with aclosing(backend(server.base_url).generate(request())) as given:
        async for piece in given:
            if isinstance(piece, Restart):
                break
    assert await asyncio.to_thread(server.wait_for, lambda now: now.active == 0)


TROUBLES = [
    *(refusal("busy", status) for status in (500, 503, 429)),
    Reply("It is 42.", piece=3, cut_after=2),
    Reply("It is 42.", piece=3, error_after=1),
    Reply("It is 42.", finish_reason=None),
]


@pytest.mark.slow
async def test_every_trouble_costs_one_more_request_and_nothing_else_is_asked_twice(serve: Serve) -> None:
    """Problem N meets `N % 4` troubles; which ones, and beside which other requests, is no matter."""
    met: Counter[int] = Counter()

    def troubled(body: dict[str, Any]) -> Reply:
        number = int(body["messages"][-1]["content"][0]["text"].split()[1])
        met[number] += 1
        if met[number] <= number % 4:
            return TROUBLES[(number + met[number]) % len(TROUBLES)]
        return Reply("It is 42.", piece=3)

    server = serve(troubled)
    asked = backend(server.base_url)

    async def some(first: int) -> list[int]:
        done = [await ask(asked, solve=str(at), question=f"Problem {at}") for at in range(first, 160, 16)]
        assert {each.text for each in done} == {"It is 42."}
        return [each.attempts for each in done]

    attempts = await asyncio.gather(*(some(first) for first in range(16)))
    assert attempts == [[1 + at % 4 for at in range(first, 160, 16)] for first in range(16)]
    assert len(server.requests) == sum(map(sum, attempts)) == 160 + 40 * (0 + 1 + 2 + 3)


def test_a_spent_budget_slows_retries_down_and_success_fills_it() -> None:
    budget = RetryBudget(share=0.25, reserve=1)
    assert budget.spend() and not budget.spend()
    for _ in range(4):
        budget.earn()
    assert budget.spend() and not budget.spend()
    tries = Tries(Retries(first=0.1, longest=30), budget)
    tries.failure, tries._counted = Failure(BackendError("x", "error")), 1
    assert 15 <= tries._seconds(None) <= 30  # type: ignore[arg-type]
