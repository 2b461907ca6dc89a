"""One segment, where the server fails in its middle, or the context holds no more."""

import asyncio
import re
from collections.abc import AsyncGenerator
from itertools import accumulate, chain, pairwise, repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from tests.scripted import Scripted
from vtc_r1 import Solver, Trace
from vtc_r1.backends.base import Completion, Delta, Piece, Request, Restart
from vtc_r1.errors import ContextOverflow
from vtc_r1.events import Event, Overflowed, SegmentRestarted, TextDelta
from vtc_r1.iteration import Usage
from vtc_r1.memory import Costs
from vtc_r1.memory.base import REACH
from vtc_r1.memory.page_request import REQUEST
from vtc_r1.renderers import Page
from vtc_r1.segments import segment_end

QUESTION = "What is 6 times 7?"
TEXT = 50
"""Tokens of a prompt without its memory."""


class Windowed(Scripted):
    """A backend with a context: a page costs its vision tokens, a text its characters.

    It writes as many tokens as it may, and the answer once it has been asked `iterations` times.
    """

    def __init__(self, context: int, *, says: bool = True, iterations: int = 8) -> None:
        super().__init__([])
        self.context, self.says, self.iterations = context, says, iterations
        self.answered: list[Request] = []

    async def generate(self, request: Request) -> AsyncGenerator[Piece]:
        self.requests.append(request)
        prompt = TEXT + sum(map(cost, request.prompt.content[1:-1]))
        if prompt + request.max_tokens > self.context:
            known = (self.context, prompt) if self.says else (None, None)
            raise ContextOverflow("400: longer than the context", *known)
        self.answered.append(request)
        last = len(self.answered) == self.iterations
        text = "\\boxed{42}" if last else f"Line {len(self.answered)}. " * (request.max_tokens // 10)
        yield Delta(text)
        usage = Usage(completion_tokens=request.max_tokens)
        yield Completion(text, "stop" if last else "length", usage)


def cost(part: str | Page) -> int:
    return part.vision_tokens if isinstance(part, Page) else len(part)


def run(backend: Scripted, **options: Any) -> tuple[Trace, list[Event]]:
    async def events() -> list[Event]:
        return [event async for event in Solver(backend=backend, **options).astream(QUESTION)]

    seen = asyncio.run(events())
    return seen[-1].trace, seen  # type: ignore[union-attr]


@pytest.mark.parametrize("says", [True, False], ids=["tells its numbers", "tells nothing"])
@pytest.mark.parametrize(
    ("memory", "context"), [("optical", 1_060), ("blank", 1_060), ("hybrid", 1_400), ("text", 4_000)]
)
def test_an_overflow_is_answered_by_a_smaller_segment_then_less_memory(
    memory: str, context: int, says: bool
) -> None:
    backend = Windowed(context, says=says, iterations=12)
    trace, events = run(backend, memory=memory, max_iterations=20, segment_tokens=1_000)
    assert (trace.status, trace.answer, len(trace.iterations)) == ("answered", "42", 12)
    asked = [iteration.max_tokens for iteration in trace.iterations]
    assert asked == [request.max_tokens for request in backend.answered]
    assert asked[0] == 1_000 and min(filter(None, asked)) >= 250
    assert any(count is not None and count < 1_000 for count in asked)
    assert memory == "hybrid" or sum(iteration.shed for iteration in trace.iterations) >= 1
    overflows = [event for event in events if isinstance(event, Overflowed)]
    sent = [[page.sha256 for page in request.prompt.pages] for request in backend.requests]
    assert all([page.sha256 for page in event.pages] in sent for event in overflows)
    assert len(overflows) == len(backend.requests) - len(backend.answered)


def test_what_was_shed_is_not_sent_again() -> None:
    backend = Windowed(1_060, iterations=12)
    trace, _ = run(backend, max_iterations=20, segment_tokens=1_000)
    assert any(iteration.shed for iteration in trace.iterations)
    for before, after in zip(trace.iterations, trace.iterations[1:], strict=False):
        whole = before.pages_sent + [page.sha256 for page in before.pages]
        if after.shed:
            assert 0 < len(after.pages_sent) < len(whole)
        assert after.pages_sent == whole[len(whole) - len(after.pages_sent) :]
    sent = [[page.sha256 for page in request.prompt.pages] for request in backend.answered]
    assert sent == [iteration.pages_sent for iteration in trace.iterations]


def test_one_long_generation_takes_the_room_that_there_is() -> None:
    trace, _ = run(Windowed(4_000, iterations=1), memory="single")
    assert (trace.answer, trace.iterations[0].max_tokens) == ("42", 4_000 - TEXT)


@pytest.mark.parametrize("says", [True, False])
def test_a_context_without_room_for_anything_fails_and_says_why(says: bool) -> None:
    backend = Windowed(TEXT + 20, says=says)
    trace, _ = run(backend, segment_tokens=1_000)
    assert (trace.status, trace.answer, trace.error) == ("failed", None, "400: longer than the context")
    assert len(backend.requests) < 10


def test_a_server_that_contradicts_itself_is_not_asked_for_ever() -> None:
    class Confused(Windowed):
        async def generate(self, request: Request) -> AsyncGenerator[Piece]:
            self.requests.append(request)
            raise ContextOverflow("400: too long", 100_000, 10)
            yield

    backend = Confused(0)
    trace, _ = run(backend, segment_tokens=8_192)
    assert trace.status == "failed" and len(backend.requests) < 12


class Restarting(Scripted):
    """Breaks off once in every segment, after its first words."""

    async def generate(self, request: Request) -> AsyncGenerator[Piece]:
        yield Delta("First, 6 ti")
        yield Restart("the connection broke")
        async for piece in super().generate(request):
            if isinstance(piece, Completion):
                yield Completion(piece.text, piece.finish_reason, piece.usage, attempts=2)
            else:
                yield piece


def test_a_restarted_segment_is_the_second_one() -> None:
    trace, events = run(Restarting(["Work.\n", "\\boxed{42}"]))
    assert [iteration.text for iteration in trace.iterations] == ["Work.\n", "\\boxed{42}"]
    assert [iteration.attempts for iteration in trace.iterations] == [2, 2]
    restarts = [event for event in events if isinstance(event, SegmentRestarted)]
    assert [(event.index, event.reason) for event in restarts] == [
        (0, "the connection broke"),
        (1, "the connection broke"),
    ]
    at = events.index(restarts[1])
    after = [event.text for event in events[at:] if isinstance(event, TextDelta)]
    assert "".join(after) == "\\boxed{42}"


def test_a_segment_that_the_clock_cuts_keeps_what_the_last_attempt_wrote() -> None:
    class Stuck(Scripted):
        async def generate(self, request: Request) -> AsyncGenerator[Piece]:
            yield Delta("void")
            yield Restart("broken")
            yield Delta("A line that stays.\n")
            await asyncio.sleep(60)

    trace, _ = run(Stuck([]), max_seconds=0.2)
    assert (trace.status, trace.iterations[0].text) == ("exhausted", "A line that stays.\n")
    assert (trace.iterations[0].finish_reason, trace.usage.completion_tokens) == ("abort", 5)


def test_the_backend_is_told_the_solve_and_the_deadline_of_an_attempt() -> None:
    backend = Scripted(["Work.\n", "\\boxed{42}", "\\boxed{1}"])
    solver = Solver(backend=backend, segment_seconds=7.5)
    for _ in range(2):
        asyncio.run(solver.asolve(QUESTION))
    one, two, other = (request.solve for request in backend.requests)
    assert one == two != other and one
    assert [request.seconds for request in backend.requests] == [7.5] * 3


def watched(pieces: list[str], end: str, memory: str) -> tuple[str, str]:
    """Text and finish of a first segment that comes in these pieces."""

    class Piecewise(Scripted):
        async def generate(self, request: Request) -> AsyncGenerator[Piece]:
            for piece in pieces:
                yield Delta(piece)
            yield Completion("".join(pieces), "stop", Usage())

    solver = Solver(
        backend=Piecewise([]), memory=memory, segment_end=end, segment_tokens=20, max_iterations=1
    )
    solver.costs = Costs(3.2)  # 64 characters, whatever they are
    first = asyncio.run(solver.asolve(QUESTION)).iterations[0]
    return first.text, first.finish_reason


REQUESTS = ["So", " 1", "\n\n", ". B", ", b", "<reread", ' page="1"', "/>", ">", "<", "<reread/>", "x" * 99]


@many_examples(60)
@given(st.lists(st.sampled_from(REQUESTS), max_size=30).map("".join), st.lists(st.integers(1, 9), min_size=1))
def test_a_segment_ends_behind_a_request_however_it_comes(text: str, sizes: list[int]) -> None:
    cuts = [*accumulate(chain.from_iterable(repeat(sizes, len(text) + 1)))]
    pieces = [text[a:b] for a, b in pairwise([0, *cuts]) if a < len(text)]
    found = re.search(r"<reread\b[^<>]{0,200}>", text)
    wanted = (text, "stop") if found is None else (text[: found.end()], "cut")
    assert watched(pieces, "limit", "reread") == watched([text], "limit", "reread") == wanted


@many_examples(60)
@given(st.lists(st.sampled_from(REQUESTS), max_size=30).map("".join), st.lists(st.integers(1, 9), min_size=1))
def test_a_watched_segment_ends_as_if_all_of_it_were_looked_at_each_time(text: str, sizes: list[int]) -> None:
    cuts = [*accumulate(chain.from_iterable(repeat(sizes, len(text) + 1)))]
    pieces = [text[a:b] for a, b in pairwise([0, *cuts]) if a < len(text)]
    end, wanted = segment_end("streamed:after=0.3"), (text, "stop")
    for come in accumulate(pieces):
        at = end.cut(come, 64)
        asked = re.search(r"<reread\b[^<>]{0,200}>", come[:at])
        if asked or at:
            wanted = (come[: asked.end() if asked else at], "cut")
            break
    assert watched(pieces, end.name, "reread") == wanted


def test_no_request_is_longer_than_what_is_searched_again() -> None:
    longest = f"<reread{' ' * 200}>"
    assert REQUEST.fullmatch(longest) and len(longest) <= REACH
    assert not REQUEST.search(f"<reread{' ' * 201}>")


class OnceTooLong(Scripted):
    """Says in the second iteration, once, that the context leaves `room` tokens."""

    def __init__(self, room: int) -> None:
        super().__init__(["A line of work.\n", "A line more.\n", "\\boxed{42}"])
        self.room, self.asked = room, list[tuple[int, int]]()

    async def generate(self, request: Request) -> AsyncGenerator[Piece]:
        self.asked.append((request.max_tokens, len(request.prompt.pages)))
        if len(self.asked) == 2:
            raise ContextOverflow("400: too long", 10_000, 10_000 - self.room)
        async for piece in super().generate(request):
            yield piece


@pytest.mark.parametrize(
    ("room", "second"),
    [(999, (999, 1)), (333, (333, 1)), (250, (250, 1)), (249, (1_000, 0)), (70, (1_000, 0))],
)
def test_memory_is_given_up_for_a_quarter_of_the_segment_and_not_before(
    room: int, second: tuple[int, int]
) -> None:
    backend = OnceTooLong(room)
    trace, _ = run(backend, segment_tokens=1_000)
    assert trace.answer == "42"
    assert backend.asked[:3] == [(1_000, 0), (1_000, 1), second]
    assert trace.iterations[1].shed == (second[1] == 0)


def test_what_came_before_an_overflow_is_void() -> None:
    class Late(Scripted):
        async def generate(self, request: Request) -> AsyncGenerator[Piece]:
            self.requests.append(request)
            if len(self.requests) == 1:
                yield Delta("void")
                raise ContextOverflow("400: too long", 1_000, 500)
            yield Delta("A line that stays.\n")
            await asyncio.sleep(60)

    trace, _ = run(Late([]), max_seconds=0.2, segment_tokens=800)
    assert (trace.status, trace.iterations[0].text) == ("exhausted", "A line that stays.\n")
    assert trace.iterations[0].max_tokens == 500


class Dense(Scripted):
    """A backend whose tokens hold two characters each, and which counts them."""

    def __init__(self, iterations: int) -> None:
        super().__init__([])
        self.iterations = iterations

    async def generate(self, request: Request) -> AsyncGenerator[Piece]:
        self.requests.append(request)
        if len(self.requests) == self.iterations:
            yield Completion("\\boxed{42}", "stop", Usage(completion_tokens=5))
            return
        step = f"So we have {len(self.requests)} now, and that is it.\n\n"
        text = (step * 40)[: 2 * request.max_tokens]
        for at in range(0, len(text), 4):
            yield Delta(text[at : at + 4])
        yield Completion(text, "length", Usage(completion_tokens=request.max_tokens))


def test_a_streamed_end_goes_by_the_tokens_that_earlier_segments_had() -> None:
    """The estimate for such words is above their two characters a token: it never comes to the limit."""
    trace, _ = run(Dense(4), segment_end="streamed", segment_tokens=200, max_iterations=6)
    first, second, third, _ = trace.iterations
    assert (first.finish_reason, len(first.text)) == ("length", 400)
    for later in (second, third):
        assert later.finish_reason == "cut" and 300 <= len(later.text) < 400
        assert later.text.endswith("it.\n\n")
