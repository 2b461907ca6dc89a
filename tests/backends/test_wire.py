"""What is sent, and how what comes back is read."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.backends.wire.body import body, messages
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
    sent = body({"model": "m", "max_tokens": 3}, prompt)
    assert json.loads(sent) == {"model": "m", "max_tokens": 3, "messages": messages(prompt)}


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
