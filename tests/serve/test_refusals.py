"""What is refused: with which status, for which field, and why."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.scripted import Scripted
from tests.serve.conftest import Start
from tests.serve.pictures import pictures
from tests.serve.running import QUESTION, Running, running
from tests.solved import SEGMENTS
from vtc_r1 import Solver
from vtc_r1.serve import picture

PART = "messages[0].content[0]"
LAST = f"{PART}.image_url.url"


@pytest.fixture(scope="module")
def shared() -> Any:
    """One server for all that is refused before it begins."""
    solver = Solver(backend=Scripted(lambda _: SEGMENTS[1]), preset="vtc-r1")
    with running(solver, body_bytes=3_000_000) as server:
        yield server


def png(width: int = 40, height: int = 30, kind: str = "PNG") -> str:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(file, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def image(url: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": None}, "messages", "invalid_type"),
        ({"messages": "1+2"}, "messages", "invalid_type"),
        ({"messages": [{"content": "1"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": [{"role": "tool", "content": "1"}]}, "messages[0]", "invalid_value"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages[0].content", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "invalid_value"),
        ({"messages": [*QUESTION, {"role": "assistant"}]}, "messages[1].role", "invalid_value"),
        ({"messages": [{"role": "user", "content": "1", "x": 1}]}, "messages[0].x", "unknown_parameter"),
        ({"messages": [{"role": "user", "content": [{"type": "a"}]}]}, PART + ".type", "invalid_value"),
        ({"messages": [{"role": "user", "content": "x" * 1_000_001}]}, "messages", "invalid_value"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"top_p": 0}, "top_p", "invalid_value"),
        ({"max_tokens": 0}, "max_tokens", "invalid_value"),
        ({"max_tokens": 1.5}, "max_tokens", "invalid_type"),
        ({"max_tokens": 9, "max_completion_tokens": 8}, "max_tokens", "invalid_value"),
        ({"n": 17}, "n", "invalid_value"),
        ({"n": 0}, "n", "invalid_value"),
        ({"seed": 2**70}, "seed", "invalid_value"),
        ({"stop": [""]}, "stop[0]", "invalid_value"),
        ({"stop": ["x"] * 17}, "stop", "array_above_max_length"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"tools": [{}], "tool_choice": "required"}, "tool_choice", "invalid_value"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_value"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
        ({"response_format": {"type": "json_schema"}}, "response_format", "invalid_value"),
        ({"response_format": "json"}, "response_format", "invalid_type"),
        ({"vtc": {"memory": "none"}}, "vtc.memory", "invalid_value"),
        ({"vtc": {"memory": "decay:after=-1"}}, "vtc.memory", "invalid_value"),
        ({"vtc": {"memory": "optical:x=1"}}, "vtc.memory", "invalid_value"),
        ({"vtc": {"max_iterations": 10**6}}, "vtc.max_iterations", "invalid_value"),
        ({"vtc": {"x": 1}}, "vtc.x", "unknown_parameter"),
        ({"logprobs": True}, "logprobs", "invalid_value"),
        ({"min_p": 0.1}, "min_p", "invalid_value"),
        ({"repetition_penalty": 1.1}, "repetition_penalty", "invalid_value"),
        ({"repetition_penalty": 0}, "repetition_penalty", "invalid_value"),
        ({"frequency_penalty": 0.5}, "frequency_penalty", "invalid_value"),
        ({"no_such_field": 1}, "no_such_field", "unknown_parameter"),
        ({"model": "another"}, "model", "model_not_found"),
        ({"model": None}, "model", "invalid_type"),
    ],
)  # fmt: skip
def test_every_refusal_names_the_field_and_why(
    shared: Running, fields: dict[str, Any], param: str, code: str
) -> None:
    reply = shared.chat(**fields)
    assert reply.status in (400, 404)
    assert (reply.error["param"], reply.error["code"]) == (param, code)
    assert reply.error["type"] == "invalid_request_error"
    assert param.partition("[")[0] in reply.error["message"] or fields.get("model") == "another"


def test_unpaired_surrogates_are_answered(shared: Running) -> None:
    assert shared.chat(messages=[{"role": "user", "content": "what is \ud800?"}]).status == 200
    assert shared.chat(**{"\ud800": 1}).status == 400


def test_what_asks_for_nothing_passes(shared: Running) -> None:
    neutral = {"min_p": 0, "repetition_penalty": 1.0, "best_of": 1, "min_tokens": 0, "ignore_eos": False}
    neutral |= {"tools": [], "tool_choice": "none", "logprobs": False, "frequency_penalty": 0, "n": 1}
    ignored = {"user": "me", "metadata": {"a": "b"}, "reasoning_effort": "high", "store": False}
    reply = shared.chat(**neutral, **ignored, response_format={"type": "text"}, stop=None)
    assert reply.status == 200 and "x-vtc-ignored" not in reply.headers


def test_what_is_ignored_although_it_asks_for_something_is_said(shared: Running) -> None:
    tool = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
    for choice in ({}, {"tool_choice": "auto"}, {"tool_choice": "none"}, {"tool_choice": None}):
        for stream in (False, True):
            reply = shared.chat(tools=[tool] * 20, ignore_eos=True, stream=stream, **choice)
            assert (reply.status, reply.headers["x-vtc-ignored"]) == (200, "ignore_eos, tools")
    options = {"include_usage": True, "include_obfuscation": False, "continuous_usage_stats": True}
    assert shared.chat(stream=True, stream_options=options).chunks()[-1]["usage"]["iterations"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b'{"model": "' + b"\xe9" + b'"}', 400),
        (b"[" * 100_000, 400),
        (b'{"n": ' + b"9" * 10_000 + b"}", 400),
        (b"x" * 3_000_001, 413),
    ],
)
def test_bodies_that_are_none(shared: Running, body: bytes, status: int) -> None:
    reply = shared.ask("POST", "/v1/chat/completions", body)
    assert reply.status == status and reply.error["message"]


def test_only_json_is_taken_as_a_foreign_page_could_send_other_types(shared: Running) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        reply = shared.ask("POST", "/v1/chat/completions", b"{}", {"Content-Type": kind})
        assert reply.status == 415 and reply.error["message"]


def test_other_hosts_names_are_refused_on_a_local_server(shared: Running) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example:80", ""):
        assert shared.ask("GET", "/v1/models", headers={"Host": host}).status in (400, 421)
    for host in ("localhost", "127.0.0.1:99", "[::1]:80", "vtc.localhost"):
        assert shared.ask("GET", "/v1/models", headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/v1/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/v1/models/../x"],
)
def test_unknown_addresses_and_ways_out(shared: Running, path: str) -> None:
    reply = shared.ask("GET", path)
    assert reply.status == 404 and "root:" not in reply.raw.decode()
    assert reply.error["type"] == "invalid_request_error"
    assert shared.ask("DELETE", "/v1/models").status == 405


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "http://127.0.0.1:1/x.png",
        "https://example.com/x.png",
        "data:text/html;base64,PGI+",
        "data:image/png,abc",
        "data:image/png;base64,@@@@",
        "data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode(),
        "data:image/png;base64," + base64.b64encode(b"no image").decode(),
        png(6_000, 3_000),
        png(4_000, 2),
        "",
    ],
)  # fmt: skip
def test_images_that_are_none_and_addresses_that_are_not_fetched(shared: Running, url: str) -> None:
    reply = shared.chat(messages=[*image(url)[:0], *with_text(image(url))])
    assert (reply.status, reply.error["param"]) == (400, LAST)


def with_text(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    messages[0]["content"].append({"type": "text", "text": "What is it?"})
    return messages


def test_a_torn_image_and_too_many(shared: Running) -> None:
    whole = png(400, 300, "JPEG")
    assert shared.chat(messages=with_text(image(whole[: len(whole) // 2 // 4 * 4]))).status == 400
    many = [{"type": "image_url", "image_url": {"url": png()}}] * 17
    reply = shared.chat(messages=[{"role": "user", "content": [*many, {"type": "text", "text": "?"}]}])
    assert reply.error["code"] == "too_many_images"


def test_images_are_drawn_anew_and_sent_in_every_iteration(start: Start) -> None:
    server = start(lambda request: SEGMENTS[len(request.prompt.pages) - 1])
    reply = server.chat(messages=with_text(image(png(40, 30, "JPEG"))))
    assert reply.status == 200
    first, second = server.service.solver.backend.requests
    assert first.prompt.pages[0].sha256 == second.prompt.pages[0].sha256
    assert first.prompt.pages[0].png.startswith(b"\x89PNG") and len(second.prompt.pages) == 2
    assert first.prompt.content[1] == "What is it?"


def test_addresses_of_images_are_fetched_only_from_public_hosts(start: Start) -> None:
    server = start(image_urls=True)
    inside = ("http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]/x", "http://169.254.169.254/x")
    for url in (*inside, "http://10.0.0.1/x", "ftp://example.com/x", "file:///etc/passwd", "http://u@x/"):
        reply = server.chat(messages=with_text(image(url)))
        assert (reply.status, reply.error["code"]) == (400, "invalid_image_url")


def test_keys(start: Start) -> None:
    server = start(keys=("secret", "other"))
    assert server.chat().status == 401 and server.chat().error["code"] == "invalid_api_key"
    assert server.chat({"Authorization": "Bearer wrong"}).status == 401
    assert server.chat({"Authorization": "Basic secret"}).status == 401
    assert server.chat({"Authorization": "Bearer secret"}).status == 200
    assert server.ask("GET", "/v1/models").status == 401
    assert server.ask("GET", "/metrics").status == 401
    assert server.ask("GET", "/health").status == 200
    assert [
        len(server.service.store.all(owner)) for owner in ("", server.service.store._over.items()[0][1].owner)
    ] == [0, 1]


def test_an_image_by_address_is_fetched_where_that_is_allowed(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(image_urls=True)
    data = base64.b64decode(png().partition(",")[2])
    with pictures({"/red.png": data, "/large.png": data + b"\0" * 20_000_000}) as address:
        url = f"{address}/red.png"
        assert server.chat(messages=with_text(image(url))).error["code"] == "invalid_image_url"
        monkeypatch.setattr(picture, "is_public", lambda _: True)
        assert server.chat(messages=with_text(image(url))).status == 200
        assert server.service.solver.backend.requests[0].prompt.pages[0].width == 40
        for path, code in (("none", "invalid_image_url"), ("moved", "invalid_image_url")):
            assert server.chat(messages=with_text(image(f"{address}/{path}"))).error["code"] == code
        large = server.chat(messages=with_text(image(f"{address}/large.png")))
        assert large.error["code"] == "image_too_large"
