"""Generation: one segment, within the context length and the time limit of the solve's clock.

Before anything is sent, `check_context` checks that the context can hold a question with its documents.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

from vtc_r1.backends.base import Backend, Completion, Delta, Piece, Request
from vtc_r1.documents import Shown
from vtc_r1.errors import BackendError, ContextOverflow
from vtc_r1.estimates import MOST_CHARACTERS_PER_TOKEN
from vtc_r1.events import Event, Overflowed, SegmentRestarted, TextDelta
from vtc_r1.iteration import FinishReason, Iteration, Usage
from vtc_r1.memory import Costs
from vtc_r1.memory.base import REACH
from vtc_r1.prompts import Prompt
from vtc_r1.renderers import Page
from vtc_r1.segments import SegmentEnd
from vtc_r1.verification.guard import Guard

T = TypeVar("T")


class Clock:
    """The clock of a solve; it reads 0 until it is started, so loading the model does not count.

    Args:
        limit: time limit of the solve in seconds, None for no limit.
    """

    def __init__(self, limit: float | None) -> None:
        self.limit = math.inf if limit is None else limit
        self._began: float | None = None

    def start(self) -> None:
        """Start the clock."""
        self._began = time.monotonic()

    @property
    def passed(self) -> float:
        """Seconds since the start; 0 before it."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds until the limit; infinite without one."""
        return self.limit - self.passed

    async def next(self, items: AsyncGenerator[T]) -> T | None:
        """Return the next item; None if there is none, or the time is up."""
        if math.isinf(self.limit):
            return await anext(items, None)
        try:
            async with asyncio.timeout(self.left):
                return await anext(items, None)
        except TimeoutError:
            return None


FEWEST_TOKENS = 64  #: segments are not shortened below this to fit into the context
_SHARE = 4  #: older memory is dropped before the segment gets shorter than this fraction (1/4) of its limit


@dataclass
class Generation:
    """One segment of a solve; its attributes hold the result once `events` is exhausted."""

    index: int  #: number of its iteration
    backend: Backend  #: generates it
    memory: Guard  #: memory in the prompt; it drops older segments if the context overflows
    #: makes the request for the memory's content and a token limit
    request: Callable[[Sequence[str | Page], int], Request]
    max_tokens: int  #: token limit of the segment; lowered if the context is too short for it
    usual: int  #: the budget's token limit per segment; below a fraction of it, memory is dropped
    clock: Clock  #: clock of the solve
    end: SegmentEnd  #: where the segment ends
    is_watched: bool  #: whether its end, or a request to the memory, may end it before the model does
    costs: Costs  #: counts or estimates tokens that the server has not counted
    rate: float | None = None  #: characters per token of the solve's earlier segments, if counted
    #: returns where to end a segment that shows that a page was misread; None to continue
    misread: Callable[[str, Sequence[str | Page]], int | None] | None = None
    content: tuple[str | Page, ...] = ()  #: memory content of the prompt
    shed: int = 0  #: number of times that memory was dropped
    completion: Completion | None = None  #: the segment
    first_token: float | None = None  #: seconds until its first piece
    seconds: float = 0.0  #: duration in seconds, including all attempts
    _requested: int = 0
    _streamed: list[str] = field(default_factory=list)
    _seen: int = 0
    _sampled: int = 0
    _most: float = 0.0

    def __post_init__(self) -> None:
        self._requested = self.max_tokens
        self.content = tuple(self.memory.content())

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages of the prompt, oldest first."""
        return tuple(part for part in self.content if isinstance(part, Page))

    async def events(self) -> AsyncGenerator[Event]:
        """Generate; if the context overflows, shorten the segment, then drop older memory.

        Raises BackendError.
        """
        began = time.monotonic()
        while self.completion is None:
            try:
                request = self.request(self.content, self.max_tokens)
                async with aclosing(self.backend.generate(request)) as pieces:
                    while (piece := await self.clock.next(pieces)) is not None:
                        if self.first_token is None:
                            self.first_token = time.monotonic() - began
                        if event := self._event_of(piece):
                            yield event
                        if isinstance(piece, Delta) and self._ends(request):
                            break
                self.completion = self.completion or self._timed_out(request)
            except ContextOverflow as overflow:
                self._make_room(overflow)
                yield Overflowed(self.index, self.max_tokens, self.pages)
        self.seconds = time.monotonic() - began

    def _event_of(self, piece: Piece) -> Event | None:
        if isinstance(piece, Completion):
            self.completion = piece
            return None
        if isinstance(piece, Delta):
            self._streamed.append(piece.text)
            return TextDelta(self.index, piece.text)
        self._restart()
        return SegmentRestarted(self.index, piece.reason)

    def _restart(self) -> None:
        """Discard the pieces of a failed attempt."""
        self._streamed, self._seen, self._sampled = [], 0, 0

    def _ends(self, request: Request) -> bool:
        """Tell whether to end the segment here, before the model does; its completion is set then."""
        if not (self.is_watched or self.misread):
            return False
        text, seen = "".join(self._streamed), self._seen
        self._streamed, self._seen = [text], len(text)
        at = None if self.misread is None else self.misread(text, self.content)
        if at is None and self.is_watched:
            at = self._boundary(text, seen)
        if at is not None:
            self.completion = self._estimated(text[:at], "cut", request)
        return at is not None

    def _boundary(self, text: str, seen: int) -> int | None:
        """Return where the segment ends by its policy or after a request to the memory; None if not yet."""
        most = self._most
        at = self.end.cut(text, self._characters(text), seen if self._most == most else 0)
        # Search the new text, and REACH characters before it: a request may begin in an earlier piece.
        asks, since = self.memory.memory.asks, max(0, seen - REACH)
        if asks and (found := asks.search(text, since, at or len(text))):
            at = found.end()
        return at

    def _characters(self, text: str) -> float:
        """Return how many characters the token limit holds, estimated anew each time the text doubles."""
        size = 1 << len(text).bit_length() >> 1
        if size != self._sampled:
            self._sampled = size
            self._most = self.max_tokens * (self.rate or self.costs.rate(text[:size]))
        return self._most

    def _timed_out(self, request: Request) -> Completion:
        """Return the text up to the time limit."""
        if self.clock.left > 0:
            raise BackendError(f"{self.backend.model}: the segment ended without its completion")
        if not self._streamed and (away := getattr(self.backend, "away", None)):
            raise BackendError(f"the time limit was reached; {away}", "away")
        return self._estimated("".join(self._streamed), "abort", request)

    def _estimated(self, text: str, reason: FinishReason, request: Request) -> Completion:
        """Return a completion with estimated token counts, since the server has sent none."""
        seen = sum(page.vision_tokens for page in self.pages)
        read = self.costs.of([request.prompt.system or "", *request.prompt.content])
        measured = self.rate if self.costs.tokenizer is None else None
        written = math.ceil(len(text) / measured) if measured else self.costs.part(text)
        usage = Usage(prompt_tokens=read, vision_tokens=seen, completion_tokens=written)
        return Completion(text, reason, usage)

    def _make_room(self, overflow: ContextOverflow) -> None:
        """Lower the token limit, or drop memory if it got too low; raises `overflow` if neither helps."""
        self._restart()
        # A shorter segment is preferred: dropping memory loses reasoning and the server's prefix cache.
        room = overflow.room
        smaller = room if room is not None and room < self.max_tokens else self.max_tokens // 2
        if smaller < min(self._requested, self.usual) // _SHARE and self.memory.shed():
            self.shed += 1
            self.max_tokens, self.content = self._requested, tuple(self.memory.content())
        elif smaller >= min(FEWEST_TOKENS, self._requested):
            self.max_tokens = smaller
        else:
            raise overflow


def measured_rate(iterations: Sequence[Iteration]) -> float | None:
    """Return the characters per token of the segments that the server has counted; None without any."""
    counted = [each for each in iterations if each.finish_reason in ("stop", "length")]
    tokens = sum(each.usage.completion_tokens for each in counted)
    rate = sum(len(each.text) for each in counted) / tokens if tokens else 0.0
    # If the server reports no usage, pieces of the stream were counted, which can hold several tokens each.
    return rate if 0 < rate <= MOST_CHARACTERS_PER_TOKEN else None


def check_context(
    prompt: Prompt, documents: Sequence[Shown], context: int, *, segment_tokens: int, model: str
) -> None:
    """Raise ContextOverflow if the context certainly cannot hold the prompt and a short segment.

    Args:
        prompt: prompt of the first iteration.
        documents: documents in that prompt.
        context: context length in tokens.
        segment_tokens: token limit per segment.
        model: name of the model, for the message.
    """
    least = prompt.least_tokens
    needed = least + min(FEWEST_TOKENS, segment_tokens)
    if needed <= context:
        return
    pages, vision = sum(len(each.pages) for each in documents), sum(each.vision_tokens for each in documents)
    shown = f"{pages} pages, {vision:,} vision tokens" if pages else "as text"
    raise ContextOverflow(
        f"the question and its documents ({shown}) need at least {least:,} tokens, and the context "
        f"of {model} holds {context:,}: give fewer or shorter documents, a denser profile, or a server with "
        f"--context-length {-(-needed // 1024) * 1024}",
        context,
        least,
    )
