"""What is sent, and how what comes back is read."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Serve
from tests.loopback import MODEL
from vtc_r1 import Solver
from vtc_r1.backends.wire.body import Body, messages
from vtc_r1.backends.wire.failure import unfinished
from vtc_r1.backends.wire.segment import Segment, ServerError
from vtc_r1.backends.wire.sse import EventParser
from vtc_r1.prompts.prompt import Prompt
from vtc_r1.renderers import Renderer

STREAM = (
    ": a comment\n\ndata: one\n\ndata:two\ndata: lines\r\n\r\nevent: error\rdata: drei ⏎ 数\r\rid: 7\n\n"
    "data\n\nretry: 5\nnodata: x\ndata:  spaced\n\ndata: \u2028kept\n\ndata: unfinished\n"
).encode()
EVENTS = [text.encode() for text in ("one", "two\nlines", "drei ⏎ 数", "", " spaced", "\u2028kept")]


def parsed(pieces: list[bytes]) -> list[bytes]:
    parser = EventParser()
    return [event for piece in pieces for event in parser.feed(piece)]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_events_of_a_stream(mark: bytes) -> None:
    assert parsed([mark + STREAM]) == EVENTS


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_events_of_a_stream_byte_by_byte(mark: bytes) -> None:
    stream = mark + STREAM
    assert parsed([stream[at : at + 1] for at in range(len(stream))]) == EVENTS


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\n"])
def test_every_newline_ends_one_line_wherever_the_pieces_are_cut(mark: bytes, newline: bytes) -> None:
    stream = mark + newline.join((b"data: one", b"data: two", b"", b"data: three", b"", b""))
    for at in range(len(stream)):
        assert parsed([stream[:at], stream[at:]]) == [b"one\ntwo", b"three"]
    assert parsed([stream[at : at + 1] for at in range(len(stream))]) == [b"one\ntwo", b"three"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_events_do_not_depend_on_how_bytes_arrive(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(STREAM)]
    assert parsed([STREAM[a:b] for a, b in itertools.pairwise(bounds)]) == EVENTS


@given(st.lists(st.binary(max_size=8)))
def test_any_bytes_give_the_same_events_whole_and_in_pieces(pieces: list[bytes]) -> None:
    assert parsed(pieces) == parsed([b"".join(pieces)])


@given(st.lists(st.text(alphabet=st.sampled_from("ad:t \n\r\ufeff"), max_size=6)))
def test_any_lines_give_the_same_events_whole_and_in_pieces(pieces: list[str]) -> None:
    encoded = [piece.encode() for piece in pieces]
    assert parsed(encoded) == parsed([b"".join(encoded)])


@pytest.mark.parametrize("system", [None, 'Be "brief"\n.'])
def test_a_body_says_what_the_messages_say(system: str | None) -> None:
    page = Renderer("nano").render("1 + 2 = 3")[0]
    prompt = Prompt(system, ("7 ⏎ \ud800?", page, "then", page))
    sent = bytes(Body({"model": "m", "max_tokens": 3}, prompt))
    assert json.loads(sent) == {"model": "m", "max_tokens": 3, "messages": messages(prompt)}


async def test_a_body_in_pieces_is_the_body() -> None:
    page = Renderer("nano").render("1 + 2 = 3")[0]
    whole = Body({"model": "m"}, Prompt("Be brief.", ("7?", page, page)))
    found = [piece async for piece in whole.pieces(100)]
    assert max(map(len, found)) == 100
    assert b"".join(found) == bytes(whole)
    assert len(whole) == len(bytes(whole))


def test_pieces_are_joined_and_thoughts_get_their_tags() -> None:
    segment = Segment(Prompt(None, ("q",)))
    said: list[dict[str, Any]] = [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "a", "content": None},
    ]
    said += [{"reasoning_content": "b"}, {"content": "c"}, {"content": "d"}]
    added = [segment.take({"choices": [{"delta": delta, "finish_reason": None}]}) for delta in said]
    assert added == ["", "<think>a", "b", "</think>c", "d"]
    assert not segment.ended
    segment.take({"choices": [{"delta": {}, "finish_reason": "length"}]})
    segment.take({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}})
    done = segment.completion(2)
    assert (done.text, done.finish_reason, done.attempts) == ("<think>ab</think>cd", "length", 2)
    assert (done.usage.prompt_tokens, done.usage.completion_tokens) == (3, 4)


@pytest.mark.parametrize("event", [None, [], "x", {"choices": 1}, {"choices": [{}]}, {"choices": [None]}])
def test_what_is_no_event_is_refused(event: Any) -> None:
    with pytest.raises(ValueError):
        Segment(Prompt(None, ("q",))).take(event)


@pytest.mark.parametrize("content", [3, ["x"], {"a": 1}])
def test_content_that_is_no_text_is_refused(content: Any) -> None:
    with pytest.raises(ValueError):
        Segment(Prompt(None, ("q",))).take({"choices": [{"delta": {"content": content}}]})


@pytest.mark.parametrize("event", [{"error": "dead"}, {"object": "error", "message": "dead", "code": 500}])
def test_an_error_among_events_is_told_apart(event: Any) -> None:
    with pytest.raises(ServerError, match="dead"):
        Segment(Prompt(None, ("q",))).take(event)


@pytest.mark.parametrize(("details", "cached"), [(None, 0), ({}, 0), ({"cached_tokens": None}, 0)])
def test_tokens_that_no_server_counted_as_cached_are_not(details: Any, cached: int) -> None:
    segment = Segment(Prompt(None, ("q",)))
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": details}
    segment.take({"choices": [{"message": {"content": "7"}, "finish_reason": "stop"}], "usage": usage})
    assert segment.completion(1).usage.cached_tokens == cached


def test_a_usage_without_tokens_counts_none() -> None:
    segment = Segment(Prompt(None, ("q",)))
    segment.take({"choices": [{"message": {"content": "7"}, "finish_reason": "stop"}], "usage": {"x": 1}})
    usage = segment.completion(1).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.vision_tokens) == (0, 0, 0)


def test_parts_without_text_add_nothing() -> None:
    segment = Segment(Prompt(None, ("q",)))
    parts = [{"type": "text", "text": "2+"}, {"type": "text", "text": None}, {"type": "text"}, {"text": "2"}]
    assert segment.take({"choices": [{"delta": {"content": parts}}]}) == "2+2"


def test_a_segment_without_a_finish_reason_is_refused_with_the_reason() -> None:
    segment = Segment(Prompt(None, ("q",)))
    segment.take({"choices": [{"delta": {"content": "7"}}]})
    assert not segment.ended
    with pytest.raises(ValueError, match="it has no finished choice"):
        segment.completion(1)


@pytest.mark.parametrize("reason", ["abort", "tool_calls", "strange"])
def test_a_server_that_ends_a_segment_otherwise_has_answered(reason: str) -> None:
    found = unfinished("server", reason)
    assert found.answered is True and f"finish_reason {reason!r}" in str(found)


@pytest.mark.parametrize("slashes", ["", "/", "//"])
async def test_slashes_behind_an_address_are_left_out(serve: Serve, slashes: str) -> None:
    server = serve(["\\boxed{7}"])
    async with Solver(base_url=server.base_url + slashes, model=MODEL) as solver:
        assert (await solver.asolve("3+4")).answer == "7"
    assert [request.path for request in server.requests] == ["/v1/chat/completions"]
    headers = server.requests[0].headers
    assert (headers["content-type"].lower(), headers["accept-encoding"]) == ("application/json", "identity")
