"""Tokens and log-probabilities that a server was asked for: sent back, missing, or refused."""

from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply, refusal
from vtc_r1 import Solver, Trace

TEXT = "So it is \\boxed{42}."
ASKED = {"logprobs", "return_token_ids"}


def answered(ids: Any, logprobs: Any, **more: Any) -> Reply:
    """A whole answer in SGLang's form."""
    content = None if logprobs is None else {"content": [{"token": "t", "logprob": one} for one in logprobs]}
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": TEXT},
        "finish_reason": "stop",
        "logprobs": content,
        **({} if ids is None else {"response_token_ids": ids}),
        **more,
    }
    usage = {"prompt_tokens": 100, "completion_tokens": 3, "total_tokens": 103}
    return Reply(body={"object": "chat.completion", "choices": [choice], "usage": usage})


def solve(server: Loopback, **options: Any) -> Trace:
    with Solver(base_url=server.base_url, model=MODEL, **options) as solver:
        return solver.solve("What is 6 times 7?")


def test_they_are_recorded_where_they_were_asked_for(serve: Serve) -> None:
    server = serve([answered([7, 8, 9], [-0.5, -0.25, 0.0])])
    trace = solve(server, record_tokens=True)
    sampled = trace.iterations[0].sampled
    assert (trace.answer, trace.iterations[0].text) == ("42", TEXT)
    assert sampled is not None and (sampled.ids, sampled.logprobs) == ((7, 8, 9), (-0.5, -0.25, 0.0))
    body = server.requests[-1].body
    assert body["logprobs"] is True and body["return_token_ids"] is True and not body.get("stream")


async def test_a_client_of_the_sdk_asks_for_them_too(serve: Serve) -> None:
    server = serve([answered([7, 8], [-0.5, -0.25])])
    async with AsyncOpenAI(base_url=server.base_url, api_key="key") as client:
        solver = Solver(client=client, model=MODEL, record_tokens=True)
        sampled = (await solver.asolve("What is 6 times 7?")).iterations[0].sampled
    assert sampled is not None and sampled.ids == (7, 8)
    assert server.requests[-1].body["return_token_ids"] is True


def test_other_solves_ask_for_none(serve: Serve) -> None:
    server = serve([TEXT, answered([7], [-0.5])])
    assert solve(server).iterations[0].sampled is None
    assert solve(server, stream=False).iterations[0].sampled is None
    assert not any(ASKED & request.body.keys() for request in server.requests)
    assert server.requests[0].body["stream"] is True


LACKS = {
    "no token ids, so the tokens that it sampled cannot be recorded: serve the model by SGLang": Reply(TEXT),
    "no log-probabilities": answered([7, 8], None),
    "2 log-probabilities for 3 tokens": answered([7, 8, 9], [-0.5, -0.25]),
    "answered with no token ids": answered(None, [-0.5], token_ids=[7]),  # vLLM, at another temperature
    "something other than a completion": answered([7], ["much"]),
    "answered 400: return_token_ids is not supported": refusal("return_token_ids is not supported"),
}


@pytest.mark.parametrize("said", LACKS)
def test_a_server_that_lacks_them_is_named(serve: Serve, said: str) -> None:
    server = serve([LACKS[said]])
    trace = solve(server, record_tokens=True)
    assert trace.status == "failed" and len(server.requests) == 1
    assert trace.error is not None and said in trace.error and f"model {MODEL}" in trace.error
