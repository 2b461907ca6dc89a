"""What goes over the wire, and what comes back."""

import asyncio
import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openai import AsyncOpenAI
from PIL import Image

from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply, refusal
from vtc_r1 import Solver, Trace
from vtc_r1.errors import BackendError, UsageError
from vtc_r1.events import TextDelta
from vtc_r1.storage import parse_trace

QUESTION = "What is 6 times 7?"
WORK = ["First, 6 times 7 is 42.\n", "I check: 42 / 7 is 6.\n", "So it is \\boxed{42}."]


def solver(server: Loopback, **options: Any) -> Solver:
    return Solver(**{"base_url": server.base_url, "model": MODEL, **options})


def solve(server: Loopback, **options: Any) -> Trace:
    with solver(server, **options) as ours:
        return ours.solve(QUESTION)


def pixels(uri: str) -> np.ndarray:
    head, data = uri.split(",", 1)
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as picture:
        return np.asarray(picture.convert("L"))


@pytest.mark.parametrize("stream", [True, False])
def test_the_answer_comes_through_pages(serve: Serve, stream: bool) -> None:
    trace = solve(serve(WORK), stream=stream)
    assert (trace.status, trace.answer, len(trace.iterations)) == ("answered", "42", 3)
    assert [iteration.text for iteration in trace.iterations] == WORK
    assert trace.usage.completion_tokens == 60


def test_content_is_system_question_pages_oldest_first(serve: Serve) -> None:
    server = serve(WORK)
    trace = solve(server)
    request = server.requests[-1]
    assert [message["role"] for message in request.body["messages"]] == ["system", "user"]
    kinds = [part["type"] for part in request.content]
    assert kinds == ["text", "image_url", "image_url", "text"]
    assert request.content[0]["text"].startswith(QUESTION)
    pages = [page for iteration in trace.iterations for page in iteration.pages]
    for uri, record in zip(request.images, pages, strict=True):
        drawn = trace.pages[record.sha256].pixels
        assert np.array_equal(pixels(uri), drawn)
        assert (drawn.min(), drawn.max()) == (0, 255)


def test_pages_are_appended_and_never_change(serve: Serve) -> None:
    server = serve(WORK)
    solve(server)
    first, second, third = (request.images for request in server.requests)
    assert (len(first), len(second), len(third)) == (0, 1, 2)
    assert third[:1] == second
    heads = {str(request.body["messages"][0]) + str(request.content[0]) for request in server.requests}
    assert len(heads) == 1


def test_a_system_file_replaces_the_system_prompt(serve: Serve, tmp_path: Path) -> None:
    server = serve(["\\boxed{1}"])
    (tmp_path / "system.txt").write_text("Be {{ brief }}.", encoding="utf-8")
    solve(server, system_file=tmp_path / "system.txt")
    assert server.requests[0].body["messages"][0] == {"role": "system", "content": "Be {{ brief }}."}


def test_every_sampling_parameter_is_sent(serve: Serve) -> None:
    server = serve(["\\boxed{1}"])
    sampling = {"temperature": 0.5, "top_p": 0.9, "top_k": 7, "presence_penalty": 0.25}
    solve(server, sampling=sampling, seed=11, segment_tokens=123)
    body = server.requests[0].body
    assert {name: body[name] for name in sampling} == sampling
    assert (body["seed"], body["max_tokens"], body["model"]) == (11, 123, MODEL)


def test_greedy_parameters_are_sent_too(serve: Serve) -> None:
    server = serve(["\\boxed{1}"])
    solve(server, sampling={"temperature": 0, "top_p": 1, "top_k": -1, "presence_penalty": 0})
    body = server.requests[0].body
    assert (body["temperature"], body["top_p"], body["top_k"], body["presence_penalty"]) == (0, 1, -1, 0)
    assert "seed" not in body


@pytest.mark.parametrize("stream", [True, False])
def test_streaming_is_asked_for_with_usage(serve: Serve, stream: bool) -> None:
    server = serve(["\\boxed{1}"])
    solve(server, stream=stream)
    body = server.requests[0].body
    assert body.get("stream", False) is stream
    assert body.get("stream_options") == ({"include_usage": True} if stream else None)


@pytest.mark.parametrize("stream", [True, False])
def test_reasoning_content_gets_its_tags_back(serve: Serve, stream: bool) -> None:
    reply = Reply("It is \\boxed{42}.", reasoning="Six sevens.")
    trace = solve(serve([reply]), stream=stream)
    assert trace.iterations[0].text == "<think>Six sevens.</think>It is \\boxed{42}."
    assert trace.answer == "42"


def test_reasoning_content_alone_is_kept(serve: Serve) -> None:
    server = serve([Reply(reasoning="Six sevens are 42.", finish_reason="length"), "\\boxed{42}"])
    trace = solve(server)
    assert trace.iterations[0].text == "<think>Six sevens are 42."
    assert trace.iterations[0].kept == "Six sevens are"
    assert trace.answer == "42"


@pytest.mark.parametrize("stream", [True, False])
def test_usage_is_the_servers(serve: Serve, stream: bool) -> None:
    details = {"image_tokens": 64, "cached_tokens": 300}
    usage = {
        "prompt_tokens": 400,
        "completion_tokens": 9,
        "total_tokens": 409,
        "prompt_tokens_details": details,
    }
    trace = solve(serve([Reply("\\boxed{1}", usage=usage)]), stream=stream)
    assert trace.usage.model_dump() == {
        "prompt_tokens": 400,
        "vision_tokens": 64,
        "completion_tokens": 9,
        "cached_tokens": 300,
    }


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}])
def test_vision_tokens_are_our_own_count_where_the_server_gives_none(serve: Serve, usage: Any) -> None:
    trace = solve(serve([WORK[0], Reply("\\boxed{42}", usage=usage)]))
    assert trace.usage.vision_tokens == trace.iterations[0].pages[0].vision_tokens > 0
    assert trace.iterations[1].usage.completion_tokens > 0


@pytest.mark.parametrize(
    ("given", "recorded"),
    [("length", "length"), ("MAX_TOKENS", "length"), ("content_filter", "content_filter"), ("EOS", "stop")],
)
def test_finish_reasons(serve: Serve, given: str, recorded: str) -> None:
    trace = solve(serve([Reply("A line.\n", finish_reason=given), "\\boxed{1}"]))
    assert trace.iterations[0].finish_reason == recorded


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("stream", [True, False])
def test_a_passing_error_is_tried_again(serve: Serve, status: int, stream: bool) -> None:
    server = serve([refusal("busy", status), "\\boxed{42}"])
    trace = solve(server, stream=stream)
    assert (trace.status, trace.answer, len(trace.iterations)) == ("answered", "42", 1)
    assert len(server.requests) == 2
    assert server.requests[0].body == server.requests[1].body


def test_a_refusal_is_not_tried_again(serve: Serve) -> None:
    server = serve([WORK[0], refusal("The image cannot be decoded"), "\\boxed{1}"])
    trace = solve(server)
    assert (trace.status, len(server.requests), len(trace.iterations)) == ("failed", 2, 1)
    assert "400" in (trace.error or "") and "cannot be decoded" in (trace.error or "")
    assert server.base_url in (trace.error or "")


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_does_not_know_top_k_is_asked_without_it(serve: Serve, status: int) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        if "top_k" in body:
            return refusal("Unsupported fields: {'top_k'}", status)
        return Reply(WORK[0] if not str(body).count("image_url") else "\\boxed{42}", finish_reason="stop")

    server = serve(reply)
    trace = solve(server, sampling={"top_k": -1})
    assert (trace.answer, ["top_k" in request.body for request in server.requests]) == (
        "42",
        [True, False, False],
    )


def test_a_limit_of_tokens_is_not_left_out_without_a_word(serve: Serve) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        if "top_k" in body:
            return refusal("Unrecognized request argument supplied: top_k")
        return Reply("\\boxed{42}")

    server = serve(reply)
    trace = solve(server, sampling={"top_k": 20})
    assert (trace.answer, len(server.requests)) == ("42", 2)
    assert "the server refuses top_k 20, so its own defaults apply" in trace.warnings


def test_a_context_that_overflows_is_asked_for_less(serve: Serve) -> None:
    said = "The input (12000 tokens) is longer than the model's context length (32768 tokens)."
    server = serve([WORK[0], refusal(said), "\\boxed{42}"])
    trace = solve(server)
    assert (trace.status, trace.answer, len(trace.iterations)) == ("answered", "42", 2)
    first, second, third = (request.body["max_tokens"] for request in server.requests)
    assert third < second == first and trace.iterations[1].max_tokens == third


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        "<html>welcome</html>",
        "data: {no json\n\n",
        "data: []\n\n",
        'data: {"choices": null}\n\n',
        'data: {"choices": [{"delta": null}]}\n\n',
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [{"message": None}]},
        [1],
    ],
)
def test_a_server_that_speaks_something_else_fails(serve: Serve, stream: bool, body: Any) -> None:
    trace = solve(serve([Reply(body=body)]), stream=stream)
    assert trace.status == "failed"
    assert "server http" in (trace.error or "") and "\n" not in (trace.error or "")


@pytest.mark.slow
def test_a_server_that_is_down_fails() -> None:
    with Solver(base_url=_closed_port(), model=MODEL) as ours:
        assert "cannot be reached" in (ours.solve(QUESTION).error or "")
        with pytest.raises(BackendError, match="cannot be reached"):
            ours.check()


def _closed_port() -> str:
    server = Loopback([])
    server.close()
    return server.base_url


@pytest.mark.parametrize("key", [None, "wrong"])
def test_a_refused_key_fails(serve: Serve, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    if key:
        monkeypatch.setenv("VTC_API_KEY", key)
    server = serve(["\\boxed{1}"], key="right")
    with solver(server) as ours:
        with pytest.raises(BackendError, match="rejects the API key; set VTC_API_KEY"):
            ours.check()
        trace = ours.solve(QUESTION)
    assert (trace.status, len(server.requests)) == ("failed", 1)
    assert "VTC_API_KEY" in (trace.error or "")


@pytest.mark.parametrize("name", ["VTC_API_KEY", "OPENAI_API_KEY"])
def test_the_key_goes_into_its_header_only(serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "sk-secret")
    server = serve([WORK[0], refusal("no")], key="sk-secret")
    trace = solve(server)
    request = server.requests[0]
    holders = [header for header, value in request.headers.items() if "sk-secret" in value]
    assert holders == ["authorization"]
    assert len(trace.iterations) == 1
    assert "sk-secret" not in str(request.body) and "sk-secret" not in trace.model_dump_json()


def test_our_own_key_comes_before_openais(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTC_API_KEY", "ours")
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    server = serve(["\\boxed{1}"])
    solve(server)
    assert server.requests[0].headers["authorization"] == "Bearer ours"


def test_check_accepts_the_model_served(serve: Serve) -> None:
    with solver(serve([])) as ours:
        ours.check()


def test_check_suggests_the_model_served(serve: Serve) -> None:
    with (
        solver(serve([]), model="Qwen/Qwen3-VL-8B") as ours,
        pytest.raises(BackendError, match=f"did you mean '{MODEL}'"),
    ):
        ours.check()


def test_check_takes_a_server_without_a_list_at_its_word(serve: Serve) -> None:
    with solver(serve(["\\boxed{1}"], models=None)) as ours:
        ours.check()
        assert ours.solve(QUESTION).answer == "1"


@pytest.mark.parametrize("models", ["<html>welcome</html>", {"data": None}, [1], {"data": [1]}])
def test_check_of_something_that_is_no_model_server(serve: Serve, models: Any) -> None:
    server = serve([], models=models)
    with solver(server) as ours, pytest.raises(BackendError, match="server http"):
        ours.check()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="'http://a b/v1' is not an http"):
        Solver(base_url="http://a b/v1", model=MODEL)


def test_an_address_that_leads_nowhere_cannot_be_reached() -> None:
    url = "http://no-such-host.invalid/v1"
    with Solver(base_url=url, model=MODEL) as ours, pytest.raises(BackendError, match="cannot be reached"):
        ours.check()


async def test_a_given_client_is_used_and_not_closed(serve: Serve) -> None:
    server = serve(["\\boxed{1}", "\\boxed{2}"])
    async with AsyncOpenAI(base_url=server.base_url, api_key="given", max_retries=0) as client:
        async with Solver(client=client, model=MODEL) as ours:
            assert (await ours.asolve(QUESTION)).answer == "1"
        assert not client.is_closed()
        async with Solver(client=client, model=MODEL) as ours:
            assert (await ours.asolve(QUESTION)).answer == "2"
    assert server.requests[0].headers["authorization"] == "Bearer given"


async def test_leaving_a_stream_closes_its_connection(serve: Serve) -> None:
    server = serve([Reply("A long, slow thought.", hang_after=2)])
    async with solver(server) as ours:
        events = ours.astream(QUESTION)
        async for event in events:
            if isinstance(event, TextDelta):
                break
        assert server.active == 1
        await events.aclose()
        assert await asyncio.to_thread(server.wait_for, lambda now: now.active == 0)


def test_a_lone_surrogate_in_a_stream_is_replaced(serve: Serve) -> None:
    trace = solve(serve([Reply("half \ud83d a pair\n", piece=3), "\\boxed{\ud800}"]))
    assert trace.iterations[0].text == "half ? a pair\n"
    assert trace.answer == "?"


def test_a_lone_surrogate_in_an_error_is_replaced(serve: Serve) -> None:
    trace = solve(serve([refusal("bad \ud800 byte")]))
    assert "bad ? byte" in parse_trace(trace.model_dump_json()).error
