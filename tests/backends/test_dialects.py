"""What servers say that speak OpenAI's chat completions each in its own way, over real sockets.

Recorded from the protocols of vLLM, OpenRouter, Ollama, LM Studio, llama.cpp, TGI, Mistral, LiteLLM, Gemini's
and Anthropic's OpenAI-compatible addresses: each answer is solved from, or fails at once with its cause.
"""

from typing import Any

import pytest

from tests.backends.asked import ask, backend, pieces
from tests.conftest import Serve
from tests.loopback import Loopback, Reply, refusal
from vtc_r1.backends.base import Restart
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.backends.wire.retrying import Retries
from vtc_r1.configuration import Sampling
from vtc_r1.errors import BackendError, Cause, UsageError
from vtc_r1.solver import Solver

USAGE = {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55}
TEXT, THOUGHT = "So it is \\boxed{42}.", "Six times seven."
WHOLE = f"<think>{THOUGHT}</think>{TEXT}"


def chunk(delta: Any, reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        **more,
    }


def stream(*deltas: Any, reason: str | None = "stop") -> Reply:
    return Reply(events=[*map(chunk, deltas), chunk({}, reason), "[DONE]"])


def whole(message: Any, reason: str | None = "stop", **more: Any) -> Reply:
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return Reply(body={"object": "chat.completion", "choices": [choice], "usage": USAGE, **more})


PARTS = [{"type": "text", "text": TEXT[:5]}, {"type": "text", "text": TEXT[5:]}]
MISTRAL = [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}, *PARTS]

ONE = b'{"choices": [{"delta": {"content": "So it is \\\\boxed{42}."}, "finish_reason": "stop"}]}'
END = chunk({"content": TEXT}, "stop")


def events(*given: Any) -> Reply:
    return Reply(events=[*given, "[DONE]"])


UNDERSTOOD: dict[str, tuple[Reply, str]] = {
    "SGLang: reasoning_content": (stream({"reasoning_content": THOUGHT}, {"content": TEXT}), WHOLE),
    "vLLM: reasoning": (stream({"role": "assistant"}, {"reasoning": THOUGHT}, {"content": TEXT}), WHOLE),
    "vLLM in between: both, the same": (
        stream({"reasoning": THOUGHT, "reasoning_content": THOUGHT}, {"content": TEXT}),
        WHOLE,
    ),
    "OpenRouter: reasoning and its details": (
        stream(
            {"content": "", "reasoning": THOUGHT, "reasoning_details": [{"type": "reasoning.text"}]},
            {"content": TEXT, "reasoning": None},
        ),
        WHOLE,
    ),
    "Ollama: thoughts beside an empty content": (
        stream({"role": "assistant", "content": "", "reasoning": THOUGHT}, {"content": TEXT}),
        WHOLE,
    ),
    "reasoning that is an object says nothing": (
        stream({"reasoning": {"effort": "high"}}, {"content": TEXT}),
        TEXT,
    ),
    "Mistral: parts with thoughts": (stream({"content": MISTRAL}), WHOLE),
    "Mistral: thoughts as a text": (
        stream({"content": [{"type": "thinking", "thinking": THOUGHT}]}, {"content": TEXT}),
        WHOLE,
    ),
    "content as parts": (stream({"content": PARTS}), TEXT),
    "parts without a text": (stream({"content": [{"type": "refusal"}, *PARTS]}), TEXT),
    "content null at first": (stream({"role": "assistant", "content": None}, {"content": TEXT}), TEXT),
    "a delta of null at the end": (events(chunk({"content": TEXT}), chunk(None, "stop")), TEXT),
    "choices null beside the usage": (events(END, {"choices": None, "usage": USAGE}), TEXT),
    "choices empty beside the usage": (events(END, {"choices": [], "usage": USAGE}), TEXT),
    "Azure: a first event of no choices": (events({"choices": [], "prompt_filter_results": []}, END), TEXT),
    "usage in every event": (
        events(chunk({"content": TEXT}, usage=USAGE), chunk({}, "stop", usage=USAGE)),
        TEXT,
    ),
    "usage null": (events(chunk({"content": TEXT}, "stop", usage=None)), TEXT),
    "the text with the reason": (events(END), TEXT),
    "no [DONE]": (Reply(events=[END]), TEXT),
    "OpenRouter: comments": (events(b": OPENROUTER PROCESSING\n\n", END), TEXT),
    "named events": (events(b"event: message\nid: 7\ndata: " + ONE + b"\n\n"), TEXT),
    "CRLF": (events(b"data: " + ONE + b"\r\n\r\n"), TEXT),
    "no blank behind data:": (Reply(events=[b"data:" + ONE + b"\n\n", b"data:[DONE]\n\n"]), TEXT),
    "whole where a stream was asked": (whole({"role": "assistant", "content": TEXT}), TEXT),
    "whole with reasoning": (whole({"reasoning": THOUGHT, "content": TEXT}), WHOLE),
    "whole with parts": (whole({"content": MISTRAL}), WHOLE),
    "whole with a delta of null": (
        Reply(body={"choices": [{"delta": None, "message": {"content": TEXT}, "finish_reason": "stop"}]}),
        TEXT,
    ),
}

REASONS = {
    "eos_token": "stop",
    "eos": "stop",
    "EOS": "stop",
    "end_turn": "stop",
    "STOP": "stop",
    "stop_sequence": "stop",
    "COMPLETE": "stop",
    "MAX_TOKENS": "length",
    "max_tokens": "length",
    "model_length": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "refusal": "content_filter",
}

REFUSED: dict[str, tuple[Reply, Cause, str]] = {
    "tool_calls": (
        stream({"content": TEXT}, reason="tool_calls"),
        "answer",
        "it took the text for a tool call",
    ),
    "tool_use": (whole({"content": TEXT}, "tool_use"), "answer", "start it without a tool-call parser"),
    "another reason": (
        stream({"content": TEXT}, reason="because"),
        "answer",
        "'because', which is neither a complete",
    ),
    "an error under 200": (Reply(body={"error": {"message": "no GPU"}}), "refused", "with an error: no GPU"),
    "an error under 200, by its type": (
        Reply(body={"object": "error", "message": "the prompt is empty", "code": 400}),
        "refused",
        "with an error: the prompt is empty",
    ),
    "a key refused under 200": (
        Reply(body={"error": {"message": "who are you", "code": 401}}),
        "key",
        "rejects the API key",
    ),
    "a text as the error under 200": (Reply(body={"error": "not loaded"}), "refused", "not loaded"),
    "a page under 200": (Reply(body="<html><title>Log in</title></html>"), "address", "('Log in') instead"),
    "no choice": (Reply(body={"choices": []}), "answer", "it has no choices"),
    "another protocol": (Reply(body={"response": TEXT, "done": True}), "answer", "it has no choices"),
    "a completion of texts": (
        Reply(body={"choices": [{"text": TEXT, "finish_reason": "stop"}]}),
        "answer",
        "a completion: KeyError",
    ),
    "a list": (Reply(body=[1, 2]), "answer", "something other than a completion"),
    "content that is a number": (whole({"content": 42}), "answer", "something other than a completion"),
    "usage that is a text": (whole({"content": TEXT}, usage="many"), "answer", "its usage is 'many'"),
    "half of an event": (
        Reply(events=[b'data: {"choices": [\n\n']),
        "answer",
        "something other than a completion",
    ),
    "one image only": (
        refusal("At most 1 image(s) may be provided in one prompt."),
        "refused",
        "At most 1 im",
    ),
    "no images": (refusal("image input is not supported - hint: mmproj"), "refused", "image input is not"),
    "too large for the proxy": (
        Reply(status=413, body="<html><title>413 Request Entity Too Large</title></html>"),
        "refused",
        "raise the limit of the proxy in front of it (nginx: client_max_body_size)",
    ),
    "a redirect elsewhere": (
        Reply(status=307, body="", headers={"Location": "http://example.invalid/v1/chat/completions"}),
        "address",
        "it redirects to http://example.invalid/v1",
    ),
    "a redirect in a circle": (
        Reply(status=308, body="", headers={"Location": "/v1/chat/completions"}),
        "address",
        "it redirects to /v1/chat/completions",
    ),
}


def once(server: Loopback) -> OpenAIBackend:
    return backend(
        server.base_url, retries=Retries(attempts=6, first=0.01, server_wait=0.1, connect_wait=0.1)
    )


@pytest.mark.parametrize("kind", UNDERSTOOD)
async def test_a_dialect_is_understood(serve: Serve, kind: str) -> None:
    reply, text = UNDERSTOOD[kind]
    server = serve([reply])
    done = await ask(once(server))
    assert (done.text, done.finish_reason, len(server.requests)) == (text, "stop", 1)
    assert done.usage.prompt_tokens >= done.usage.vision_tokens


@pytest.mark.parametrize(("word", "meant"), REASONS.items())
async def test_the_ends_of_a_text_have_many_names(serve: Serve, word: str, meant: str) -> None:
    assert (await ask(once(serve([stream({"content": TEXT}, reason=word)])))).finish_reason == meant


@pytest.mark.parametrize("kind", REFUSED)
async def test_what_cannot_be_understood_fails_at_once_with_its_cause(serve: Serve, kind: str) -> None:
    reply, cause, says = REFUSED[kind]
    server = serve(lambda _: reply)
    with pytest.raises(BackendError) as raised:
        await ask(once(server))
    assert raised.value.cause == cause
    assert says in str(raised.value) and "\n" not in str(raised.value)
    assert len(server.requests) == (4 if "circle" in kind else 1)


@pytest.mark.parametrize("reason", ["abort", "aborted", "cancelled", "error"])
async def test_a_segment_that_a_server_gave_up_is_asked_for_again(serve: Serve, reason: str) -> None:
    server = serve([stream({"content": "half of"}, reason=reason), stream({"content": TEXT})])
    asked = once(server)
    found = await pieces(asked)
    assert [piece for piece in found if isinstance(piece, Restart)]
    assert (await ask(once(serve([server.script[0], server.script[1]])))).text == TEXT  # type: ignore[index]


@pytest.mark.parametrize(
    ("names", "status", "says"),
    [
        (["stream_options"], 400, "Unrecognized request argument supplied: stream_options"),
        (["top_k"], 422, "body.top_k: Extra inputs are not permitted"),
        (["top_k", "presence_penalty"], 400, "Unknown fields: top_k, presence_penalty"),
        (
            ["presence_penalty"],
            400,
            "Unsupported parameter: 'presence_penalty' is not supported.",
        ),
        (["temperature"], 400, "Unsupported value: 'temperature' does not support 0.7 with this model."),
        (["seed"], 400, '`seed` is not supported. {"param": "seed"}'),
    ],
)
async def test_a_field_that_a_server_refuses_is_left_out_from_then_on(
    serve: Serve, names: list[str], status: int, says: str
) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        return refusal(says, status) if set(names) & set(body) else stream({"content": TEXT})

    server = serve(reply)
    asked = once(server)
    sampling = Sampling(temperature=0.7, top_p=0.8, top_k=20, presence_penalty=1.5, seed=7)
    await ask(asked, sampling=sampling)
    await ask(asked, sampling=sampling)
    sent = [[name for name in names if name in request.body] for request in server.requests]
    assert sent == [names, [], []]
    unheard = [name for name in names if name != "stream_options"]
    assert [all(name in said for name in unheard) for said in asked.doubts(sampling)] == [True] * bool(
        unheard
    )
    assert asked.doubts(Sampling(temperature=0.7, top_p=1.0, top_k=-1)) == (
        ["the server refuses temperature 0.7, so its own defaults apply"] if names == ["temperature"] else []
    )


async def test_a_limit_goes_under_the_name_that_a_server_knows(serve: Serve) -> None:
    says = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    server = serve(lambda body: refusal(says) if "max_tokens" in body else stream({"content": TEXT}))
    await ask(once(server))
    assert "max_completion_tokens" not in server.requests[0].body
    assert server.requests[1].body["max_completion_tokens"] == server.requests[0].body["max_tokens"]


@pytest.mark.parametrize(
    "says",
    [
        "temperature must be between 0 and 2",
        "top_k is 0",
        "max_tokens is too large: not supported above 4096",
    ],
)
async def test_a_value_that_is_wrong_is_no_field_that_is_unknown(serve: Serve, says: str) -> None:
    server = serve(lambda _: refusal(says))
    with pytest.raises(BackendError, match="answered 400"):
        await ask(once(server))
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_on_the_same_host_is_followed(serve: Serve, status: int) -> None:
    there = serve(lambda _: stream({"content": TEXT}))
    moved = Reply(status=status, body="", headers={"Location": f"{there.base_url}/chat/completions"})
    here = serve(lambda _: moved)
    asked = once(here)
    for _ in range(2):
        assert (await ask(asked)).text == TEXT
    assert (len(there.requests), len(here.requests)) == (2, 2 if status == 307 else 1)
    assert there.requests[0].body == here.requests[0].body


@pytest.mark.parametrize(
    "url", ["http://me:secret@127.0.0.1:9/v1", "https://secret@a.example/v1", "http://:secret@b"]
)
def test_a_password_in_an_address_is_refused_and_not_printed(url: str) -> None:
    with pytest.raises(UsageError, match="contains a user or password; set the key in VTC_API_KEY") as raised:
        Solver(base_url=url, model="a")
    assert "secret" not in str(raised.value)
    assert f"{url.partition('://')[0]}://…@{url.rpartition('@')[2]}" in str(raised.value)
