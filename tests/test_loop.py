"""The loop, with a backend that says what it was told to say."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from tests.scripted import Scripted, Segment, cut
from vtc_r1 import Solver, Trace
from vtc_r1.backends.base import Completion
from vtc_r1.errors import BackendError
from vtc_r1.events import (
    Answered,
    Event,
    Finished,
    IterationFinished,
    IterationStarted,
    PagesRendered,
    SegmentFinished,
    Started,
    TextDelta,
)
from vtc_r1.iteration import Usage
from vtc_r1.renderers import Page
from vtc_r1.storage import parse_trace

QUESTION = "What is 6 times 7?"
WORK = ["First, 6 times 7 is 42.\n", "I check: 42 / 7 is 6.\n", "So it is \\boxed{42}."]
BIG = {"segment_tokens": 10_000}


def solve(segments: Any, **options: Any) -> Trace:
    """Solve with an event loop of its own, so that no thread is left."""
    return asyncio.run(Solver(backend=Scripted(segments), **options).asolve(QUESTION))


def run(backend: Scripted, **options: Any) -> Trace:
    return asyncio.run(Solver(backend=backend, **options).asolve(QUESTION))


async def all_events(segments: list[Segment], **options: Any) -> list[Event]:
    return [event async for event in Solver(backend=Scripted(segments), **options).astream(QUESTION)]


def test_answered() -> None:
    trace = solve(WORK)
    assert (trace.status, trace.answer, trace.error) == ("answered", "42", None)
    assert [iteration.index for iteration in trace.iterations] == [0, 1, 2]
    assert [iteration.text for iteration in trace.iterations] == WORK
    assert not any(iteration.forced for iteration in trace.iterations)
    assert trace.model.revision == "loaded"
    assert (trace.seconds > 0) and trace.index is None


def test_a_box_in_a_segment_that_was_cut_is_no_answer() -> None:
    trace = solve([cut("Perhaps \\boxed{41}. \nNo.\n"), "\\boxed{42}"])
    assert (trace.answer, len(trace.iterations)) == ("42", 2)


def test_the_tags_of_a_trained_model_are_its_answer() -> None:
    trace = solve(["<think>6 times 7", "is 42</think><answer>42</answer>"], prompts="vtc")
    assert (trace.status, trace.answer) == ("answered", "42")
    assert trace.iterations[0].kept == "6 times 7"


def test_kept_is_none_where_the_solve_ended() -> None:
    trace = solve(WORK)
    assert [iteration.kept for iteration in trace.iterations] == [WORK[0].strip(), WORK[1].strip(), None]
    assert trace.iterations[-1].pages == []


def test_a_segment_that_was_cut_is_trimmed_in_the_memory_only() -> None:
    text = "One whole line of work that stands.\nHalf a li"
    trace = solve([cut(text), "\\boxed{42}"])
    assert trace.iterations[0].text == text
    assert trace.iterations[0].kept == "One whole line of work that stands."
    assert trace.iterations[0].pages[0].text == trace.iterations[0].kept


def test_a_segment_that_stopped_is_kept_whole() -> None:
    trace = solve(["One line.\nHalf a li", "\\boxed{42}"])
    assert trace.iterations[0].kept == "One line.\nHalf a li"


def test_pages_sent_are_those_added_before() -> None:
    trace = solve(WORK)
    first, second, third = trace.iterations
    added = [[page.sha256 for page in iteration.pages] for iteration in trace.iterations]
    assert (len(added[0]), len(added[1])) == (1, 1) and added[0] != added[1]
    assert first.pages_sent == []
    assert second.pages_sent == added[0]
    assert third.pages_sent == added[0] + added[1]
    assert list(trace.pages) == third.pages_sent


def test_the_backend_sees_the_pages_on_record() -> None:
    backend = Scripted(WORK)
    trace = run(backend)
    seen = [[page.sha256 for page in request.prompt.pages] for request in backend.requests]
    assert seen == [iteration.pages_sent for iteration in trace.iterations]


def test_memory_text_tokens_and_the_compression_ratio() -> None:
    text = "A line of work. " * 40
    segment = Completion(text, "stop", Usage(completion_tokens=200))
    trace = solve([segment, "\\boxed{42}"])
    page = trace.iterations[0].pages[0]
    carried = round(200 * len(text.strip()) / len(text))
    assert trace.iterations[0].memory_text_tokens == 0
    assert trace.iterations[1].memory_text_tokens == carried
    assert trace.usage.vision_tokens == page.vision_tokens
    assert trace.compression_ratio == round(carried / page.vision_tokens, 2)


def test_usage_is_the_sum() -> None:
    trace = solve(WORK)
    assert trace.usage.prompt_tokens == 150
    assert trace.usage.completion_tokens == sum(len(text) // 4 for text in WORK)


def test_text_memory_carries_text_and_no_pages() -> None:
    backend = Scripted(WORK)
    trace = run(backend, memory="text")
    assert [len(request.prompt.content) for request in backend.requests] == [1, 3, 4]
    assert WORK[0].strip() in str(backend.requests[2].prompt.content[1])
    assert trace.pages == {} and trace.compression_ratio is None


def test_forget_carries_nothing() -> None:
    backend = Scripted(WORK)
    trace = run(backend, memory="forget")
    assert (trace.answer, len(trace.iterations)) == ("42", 3)
    contents = {request.prompt.content for request in backend.requests}
    assert len(contents) == 1


def test_single_is_one_long_generation() -> None:
    backend = Scripted([cut("A line.\n")])
    trace = run(backend, memory="single", max_iterations=3, segment_tokens=100)
    assert (trace.status, len(trace.iterations), len(backend.requests)) == ("exhausted", 1, 1)
    assert backend.requests[0].max_tokens == 300 and trace.exhausted == "tokens"
    stopped = run(Scripted(["No answer."]), memory="single")
    assert (stopped.exhausted, stopped.ending) == ("iterations", "exhausted (1 iteration)")


def test_single_spends_the_whole_token_budget() -> None:
    backend = Scripted(["\\boxed{42}"])
    assert run(backend, memory="single", max_tokens=777).status == "answered"
    assert backend.requests[0].max_tokens == 777


def numbered(request: Any) -> Segment:
    """A new line of work every time, as long as the limit lets it be."""
    return Completion(f"Line {len(request.prompt.pages)}.\n", "length", Usage(completion_tokens=10))


def test_exhausted_iterations_force_one_last_answer() -> None:
    backend = Scripted([cut("One.\n"), cut("Two.\n"), "It is \\boxed{42}."])
    trace = run(backend, max_iterations=2)
    assert (trace.status, trace.answer) == ("exhausted", "42")
    assert (trace.exhausted, trace.ending) == ("iterations", "exhausted (2 iterations)")
    assert [iteration.forced for iteration in trace.iterations] == [False, False, True]
    last = backend.requests[-1].prompt.content
    assert [isinstance(part, Page) for part in last] == [False, True, True, False]
    assert "No room is left" in str(last[-1])
    assert not any("No room" in str(request.prompt.content) for request in backend.requests[:-1])


def test_a_forced_segment_without_an_answer_leaves_none() -> None:
    trace = solve(numbered, max_iterations=3)
    assert (trace.status, trace.answer, len(trace.iterations)) == ("exhausted", None, 4)
    assert trace.iterations[-1].forced and trace.iterations[-1].kept is None


def test_exhausted_tokens() -> None:
    backend = Scripted(numbered)
    trace = run(backend, max_tokens=25, segment_tokens=12, max_iterations=50)
    assert (trace.exhausted, trace.ending) == ("tokens", "exhausted (25 tokens)")
    assert [request.max_tokens for request in backend.requests[:3]] == [12, 12, 5]
    assert [iteration.forced for iteration in trace.iterations] == [False, False, False, True]


def test_exhausted_seconds() -> None:
    backend = Scripted(numbered, delay=0.02)
    trace = run(backend, max_seconds=0.3, max_iterations=1_000)
    assert (trace.status, trace.answer) == ("exhausted", None)
    assert (trace.exhausted, trace.ending) == ("seconds", "exhausted (0.3 seconds)")
    assert 0.3 <= trace.seconds < 2
    assert not any(iteration.forced for iteration in trace.iterations)
    assert trace.iterations[-1].finish_reason in ("abort", "length")


def test_seconds_end_a_backend_that_says_nothing() -> None:
    backend = Scripted(numbered, delay=60)
    trace = run(backend, max_seconds=0.2)
    assert (trace.status, len(trace.iterations), backend.running) == ("exhausted", 1, 0)
    assert (trace.iterations[0].text, trace.iterations[0].finish_reason) == ("", "abort")
    assert trace.exhausted == "seconds"
    assert trace.seconds < 2


@pytest.mark.parametrize(
    ("segments", "iterations"),
    [
        (["The same.\n"] * 5, 3),
        (["New.\n", *["The same.\n"] * 5], 4),
        (["", "  \n", "\\boxed{42}"], 2),
        (["<think></think>", "<think>", "\\boxed{42}"], 2),
        ([cut("Wait. " * 1_000), "\\boxed{42}"], 1),
    ],
    ids=["repeats", "repeats late", "says nothing", "says only tags", "loops"],
)
def test_stalled(segments: list[Segment], iterations: int) -> None:
    trace = solve(segments)
    assert (trace.status, trace.answer, len(trace.iterations)) == ("stalled", None, iterations)


@pytest.mark.parametrize(
    "segments",
    [
        ["The same.\n", "The same.\n", "\\boxed{42}"],
        ["", "Work.\n", "", "\\boxed{42}"],
        ["Wait. " * 1_000, "\\boxed{42}"],
    ],
    ids=["two alike", "nothing twice apart", "loops but stops"],
)
def test_not_yet_stalled(segments: list[Segment]) -> None:
    assert solve(segments).answer == "42"


def test_failed_keeps_what_was_done() -> None:
    trace = solve([WORK[0], BackendError("the server melted")])
    assert (trace.status, trace.answer, trace.error) == ("failed", None, "the server melted")
    assert [iteration.text for iteration in trace.iterations] == [WORK[0]]
    assert len(trace.pages) == 1


def test_a_backend_without_a_completion_fails() -> None:
    class Silent(Scripted):
        def _pieces(self, request: Any) -> list[Any]:
            return []

    trace = run(Silent([]))
    assert trace.status == "failed" and "without its completion" in (trace.error or "")


async def test_events_come_in_order() -> None:
    events = await all_events([WORK[0], WORK[2]])
    kinds = [type(event) for event in events if not isinstance(event, TextDelta)]
    assert kinds == [
        Started,
        *(IterationStarted, SegmentFinished, PagesRendered, IterationFinished),
        *(IterationStarted, SegmentFinished, Answered, IterationFinished),
        Finished,
    ]


async def test_events_carry_what_the_trace_records() -> None:
    events = await all_events(WORK)
    trace = next(event.trace for event in events if isinstance(event, Finished))
    deltas = [event for event in events if isinstance(event, TextDelta)]
    for iteration in trace.iterations:
        assert "".join(delta.text for delta in deltas if delta.index == iteration.index) == iteration.text
    finished = [event.iteration for event in events if isinstance(event, IterationFinished)]
    assert finished == trace.iterations
    started = [event for event in events if isinstance(event, IterationStarted)]
    assert [[page.sha256 for page in event.pages] for event in started] == [
        iteration.pages_sent for iteration in trace.iterations
    ]


async def test_started_is_the_record_of_a_cancelled_solve() -> None:
    events = await all_events(WORK)
    assert isinstance(events[0], Started)
    assert (events[0].trace.status, events[0].trace.iterations) == ("cancelled", [])


async def test_every_forced_iteration_is_announced() -> None:
    events = await all_events([cut("One.\n"), "\\boxed{42}"], max_iterations=1)
    assert [event.forced for event in events if isinstance(event, IterationStarted)] == [False, True]


FRAGMENTS = st.sampled_from(
    [
        *("<think>", "</think>", "<answer>", "</answer>", "<answer", "think>", "</answer></think>"),
        *("\\boxed{", "}", "{", "\\boxed{42}", "\\boxed {", "\\}", "\\"),
        *("<|im_end|>", "<|image_pad|>", "<|vision_start|>", "<tool_call>"),
        *("\ud800", "\udfff", "\x00", "\x1b[2J", "\u202e", "\u2028", "\ufeff", "e\u0301\u0301", "\U0001f9ee"),
        *("\n", "\r\n", "\t", " ", "Wait, ", "42", "."),
    ]
)
HOSTILE = st.lists(FRAGMENTS | st.text(max_size=20), max_size=20).map("".join)
REASONS = st.sampled_from(["stop", "length", "abort", "content_filter"])
SEGMENTS = st.lists(st.tuples(HOSTILE, REASONS), min_size=1, max_size=4)
POLICIES = st.sampled_from(["optical", "text", "hybrid", "blank", "forget", "single"])


def check_whole(trace: Trace) -> None:
    """The trace has an end, and survives JSON."""
    assert trace.status in ("answered", "exhausted", "stalled", "failed")
    assert (trace.answer is not None) or trace.status != "answered"
    assert (trace.exhausted is not None) == (trace.status == "exhausted")
    again = parse_trace(trace.model_dump_json())
    assert again.model_dump() == trace.model_dump()


@many_examples(60)
@given(SEGMENTS, POLICIES, st.sampled_from(["boxed", "vtc"]))
def test_hostile_segments_never_raise(said: list[tuple[str, Any]], memory: str, prompts: str) -> None:
    segments = [Completion(text, reason, Usage(completion_tokens=5)) for text, reason in said]
    trace = solve(segments, memory=memory, prompts=prompts, max_iterations=4)
    check_whole(trace)
    assert len(trace.iterations) <= 5


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "word " * 200_000,
        "\n" * 1_000_000,
        "<think>" * 140_000,
        "<answer>" * 125_000,
        "\\boxed{" * 140_000,
        "{" * 500_000 + "}" * 500_000,
        "\\" * 1_000_000,
    ],
    ids=["one word", "words", "lines", "think", "answer", "boxed", "braces", "backslashes"],
)
@pytest.mark.parametrize("prompts", ["boxed", "vtc"])
def test_a_segment_of_a_million_characters(text: str, prompts: str) -> None:
    segment = Completion("</think>" + text, "stop", Usage(completion_tokens=250_000))
    trace = solve([segment, BackendError("enough")], prompts=prompts, memory="forget")
    assert (trace.status, trace.iterations[0].text) == ("failed", segment.text)
    assert trace.seconds < 10


def test_pages_of_a_million_characters() -> None:
    text = "word " * 200_000
    trace = solve([text, BackendError("enough")])
    assert (
        "".join(page.text for page in trace.iterations[0].pages) == trace.iterations[0].kept == text.strip()
    )


@pytest.mark.parametrize(
    ("budget", "limits"),
    [
        ({}, [300, 100, 100]),  # a solve without a token budget always has a whole segment left
        ({"max_tokens": 300}, [300, 50]),
        ({"max_tokens": 520}, [520, 270, 20]),
    ],
)
def test_a_segment_of_its_own_length_may_write_what_the_solve_has_left(
    budget: dict[str, int], limits: list[int]
) -> None:
    def wordy(request: Any) -> Segment:
        return Completion(f"Line {len(request.prompt.pages)}.\n", "length", Usage(completion_tokens=250))

    backend = Scripted(wordy)
    run(backend, segment_end="own", segment_tokens=100, max_iterations=3, **budget)
    assert [request.max_tokens for request in backend.requests[: len(limits)]] == limits
