"""Tokens of a text as a server's `/tokenize` counts them, in the forms of several servers."""

import re

import pytest

from tests.conftest import Serve
from tests.loopback import Reply, refusal
from vtc_r1.backends.wire.tokenize import ServedTokenCounter
from vtc_r1.errors import BackendError, UsageError

TEXT = "So 3 · 41 = 123."


@pytest.mark.parametrize(
    "body",
    [
        {"tokens": [1, 2, 3, 4], "count": 4, "max_model_len": 8192},
        {"tokens": [1, 2, 3, 4]},
        [{"id": one, "text": "x", "start": one, "stop": one + 1} for one in range(4)],
    ],
    ids=["SGLang and vLLM", "llama.cpp", "TGI"],
)
def test_a_server_counts(serve: Serve, body: object) -> None:
    server = serve([Reply(body=body)])
    counter = ServedTokenCounter(server.base_url)
    assert (counter.count(TEXT), counter.is_estimate) == (4, False)
    (request,) = server.requests
    assert request.path == "/tokenize"
    assert {request.body[name] for name in ("prompt", "content", "inputs")} == {TEXT}
    assert request.body["add_special_tokens"] is False


@pytest.mark.parametrize(
    "reply",
    [
        refusal("Not Found", 404),
        Reply(body={"count": True}),
        Reply(body={"count": 10**9}),
        Reply(body={"count": 0}),
        Reply(body={"count": -1}),
        Reply(body={"tokens": "abc"}),
        Reply(body="<html>welcome</html>"),
    ],
    ids=["none", "bool", "too many", "nothing", "negative", "a text", "a web page"],
)
def test_a_server_that_does_not_count_is_named(serve: Serve, reply: Reply) -> None:
    server = serve([reply])
    root = server.base_url.removesuffix("/v1")
    with pytest.raises(BackendError, match=re.escape(f"{root}/tokenize does not count tokens")):
        ServedTokenCounter(server.base_url).count(TEXT)


def test_nothing_there_and_no_address() -> None:
    with pytest.raises(BackendError, match="cannot be reached"):
        ServedTokenCounter("http://127.0.0.1:1/v1").count(TEXT)
    with pytest.raises(UsageError, match="is not an http"):
        ServedTokenCounter("http://")
