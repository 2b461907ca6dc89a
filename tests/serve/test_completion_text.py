from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.events import IterationStarted, SegmentFinished, SegmentRestarted, TextDelta
from vtc_r1.iteration import Usage
from vtc_r1.serve.completion import RESTARTED, ReasoningStream, SegmentReasoning
from vtc_r1.serve.solve import Entry

TEXTS = st.lists(
    st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", "<", "a", "</", "answer>", "x<y ", "\n"])
).map("".join)


def said(text, cuts):
    segment, at, parts = SegmentReasoning(), 0, []
    for cut in (*sorted(cuts), len(text)):
        parts.append(segment.push(text[at:cut]))
        at = max(at, cut)
    return "".join([*parts, segment.finish()])


@given(TEXTS, st.data())
def test_pieces_say_what_the_whole_says(text, data):
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    assert said(text, cuts) == said(text, [])


@given(TEXTS)
def test_no_tag_is_said_and_nothing_else_is_lost_before_the_end_of_thinking(text):
    whole = said(text, [])
    if "</think>" not in text:
        for tag in ("<think>", "<answer>", "</answer>"):
            text = text.replace(tag, "\x00")
        assert whole == text.replace("\x00", "")


def test_the_answer_after_thinking_is_no_reasoning():
    assert said("<think>a < b</think>\n<answer>7</answer>", [3, 17, 30]) == "a < b\n"


def entries(*events):
    return [Entry(at, 0.0, event) for at, event in enumerate(events, 1)]


def test_a_follower_that_came_late_misses_nothing():
    whole = SegmentFinished(0, "one two three", "length", Usage())
    stream = ReasoningStream(lambda forced: False)
    first = stream.text(entries(IterationStarted(0, (), False), TextDelta(0, "one ")))
    assert first + stream.text(entries(whole)) == "one two three"
    assert (
        ReasoningStream(lambda forced: False).text(entries(IterationStarted(0, (), False), whole))
        == "one two three"
    )


def test_a_segment_that_begins_again_says_so():
    stream = ReasoningStream(lambda forced: False)
    log = entries(
        IterationStarted(0, (), False),
        TextDelta(0, "void"),
        SegmentRestarted(0, "cut"),
        TextDelta(0, "so"),
        SegmentFinished(0, "sound", "stop", Usage()),
    )
    assert stream.text(log) == f"void{RESTARTED}sound"
