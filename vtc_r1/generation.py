"""Generation: one segment, within what the context and the clock allow."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from vtc_r1.backends.base import Backend, Completion, Delta, Piece, Request
from vtc_r1.clock import Clock
from vtc_r1.errors import BackendError, ContextOverflow
from vtc_r1.events import Event, Overflowed, SegmentRestarted, TextDelta
from vtc_r1.memory import Costs, Memory
from vtc_r1.memory.base import REACH
from vtc_r1.renderers import Page
from vtc_r1.segments import SegmentEnd
from vtc_r1.trace import FinishReason, Usage

FEWEST_TOKENS = 64
"""A segment is not made shorter than this to fit into the context."""
_SHARE = 4
"""Memory is given up rather than write less than this part of the segment that was asked for."""


@dataclass
class Generation:
    """One segment of a solve; its attributes tell what became of it once `events` is through.

    Attributes:
        index: of its iteration.
        backend: generates it.
        memory: what the prompt carries; gives way where the context overflows.
        request: makes the request for the memory's content and a limit of tokens.
        max_tokens: limit of the segment; less than asked for where the context held no more.
        usual: the budget's limit of a segment, of which memory is given up to write some part.
        clock: the solve's.
        end: where the segment ends.
        is_watched: whether the loop may end it before the model does.
        costs: counts what nobody else has counted.
        content: what the prompt carried.
        shed: how often the memory gave way.
        completion: the segment.
        first_token: seconds until its first piece.
        seconds: seconds that it took, all attempts included.
    """

    index: int
    backend: Backend
    memory: Memory
    request: Callable[[Sequence[str | Page], int], Request]
    max_tokens: int
    usual: int
    clock: Clock
    end: SegmentEnd
    is_watched: bool
    costs: Costs
    content: tuple[str | Page, ...] = ()
    shed: int = 0
    completion: Completion | None = None
    first_token: float | None = None
    seconds: float = 0.0
    _asked: int = 0
    _streamed: list[str] = field(default_factory=list)
    _seen: int = 0

    def __post_init__(self) -> None:
        self._asked = self.max_tokens
        self.content = tuple(self.memory.content())

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages of the prompt, oldest first."""
        return tuple(part for part in self.content if isinstance(part, Page))

    async def events(self) -> AsyncGenerator[Event]:
        """Generate; where the context overflows, shorten the segment, then give up older memory.

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
                        if event := self._taken(piece):
                            yield event
                        if isinstance(piece, Delta) and self._ends(request):
                            break
                self.completion = self.completion or self._timed_out(request)
            except ContextOverflow as overflow:
                self._make_room(overflow)
                yield Overflowed(self.index, self.max_tokens, self.pages)
        self.seconds = time.monotonic() - began

    def _taken(self, piece: Piece) -> Event | None:
        if isinstance(piece, Completion):
            self.completion = piece
            return None
        if isinstance(piece, Delta):
            self._streamed.append(piece.text)
            return TextDelta(self.index, piece.text)
        self._forget()
        return SegmentRestarted(self.index, piece.reason)

    def _forget(self) -> None:
        """Begin the segment again."""
        self._streamed, self._seen = [], 0

    def _ends(self, request: Request) -> bool:
        """Tell whether the segment ends here although the model has not ended it; it is whole then."""
        if not self.is_watched:
            return False
        text, seen = "".join(self._streamed), self._seen
        self._streamed, self._seen = [text], len(text)
        at = self.end.cut(text, self.costs.characters(self.max_tokens), seen)
        asks, since = self.memory.asks, max(0, seen - REACH)
        if asks and (asked := asks.search(text, since, at or len(text))):
            at = asked.end()
        if at is not None:
            self.completion = self._estimated(text[:at], "cut", request)
        return at is not None

    def _timed_out(self, request: Request) -> Completion:
        """Return what came before the time was up."""
        if self.clock.left > 0:
            raise BackendError(f"{self.backend.model}: the segment ended without its completion")
        if not self._streamed and (away := getattr(self.backend, "away", None)):
            raise BackendError(f"the time was up; {away}", "away")
        return self._estimated("".join(self._streamed), "abort", request)

    def _estimated(self, text: str, reason: FinishReason, request: Request) -> Completion:
        """Return a segment whose tokens nobody has counted."""
        seen = sum(page.vision_tokens for page in self.pages)
        read = self.costs.of([request.prompt.system or "", *request.prompt.content])
        usage = Usage(prompt_tokens=read, vision_tokens=seen, completion_tokens=self.costs.part(text))
        return Completion(text, reason, usage)

    def _make_room(self, overflow: ContextOverflow) -> None:
        """Ask for less, and where that would be too little, carry less; raises `overflow` at the end."""
        self._forget()
        room = overflow.room
        smaller = room if room is not None and room < self.max_tokens else self.max_tokens // 2
        if smaller < min(self._asked, self.usual) // _SHARE and self.memory.shed():
            self.shed += 1
            self.max_tokens, self.content = self._asked, tuple(self.memory.content())
        elif smaller >= min(FEWEST_TOKENS, self._asked):
            self.max_tokens = smaller
        else:
            raise overflow
