"""The loop: prompt → generate one segment → judge it → remember it, until an answer emerges."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from vtc_r1 import answers, segments
from vtc_r1.backends.base import Backend, Completion, Delta, Request
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
from vtc_r1.memory import Memory
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Page
from vtc_r1.trace import Iteration, PageRecord, Seconds, Status, Trace, Usage

FORCED_TOKENS = 2_048
"""Most tokens of the one segment that may follow a spent budget to give the answer."""
IDENTICAL_SEGMENTS, EMPTY_SEGMENTS = 3, 2
"""So many in a row, and the solve has stalled."""


@dataclass
class Loop:
    """One solve.

    Attributes:
        skeleton: the trace without iterations; holds question, sampling and budget.
        question: the question as the prompt set receives it.
        backend: generates the segments.
        prompts: makes the prompts, and says when a segment is final.
        memory: what this solve remembers.
    """

    skeleton: Trace
    question: str
    backend: Backend
    prompts: PromptSet
    memory: Memory
    _iterations: list[Iteration] = field(default_factory=list)
    _kept: list[str] = field(default_factory=list)
    _pages: dict[str, Page] = field(default_factory=dict)
    _text_tokens: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    async def iterate(self) -> AsyncGenerator[Event]:
        """Reason about the question until a segment carries the answer or the budget is spent."""
        yield Started(self.skeleton)
        try:
            status: Status | None = None
            while status is None:
                async with aclosing(self._iteration(forced=False)) as events:
                    async for event in events:
                        yield event
                status = self._status()
            if status == "exhausted" and self._may_force():
                async with aclosing(self._iteration(forced=True)) as events:
                    async for event in events:
                        yield event
            yield Finished(self.trace(status))
        except BackendError as error:
            yield Finished(self.trace("failed", str(error)))

    def trace(self, status: Status, error: str | None = None) -> Trace:
        """Return the record of the solve as it stands."""
        last = self._iterations[-1] if self._iterations else None
        model = self.skeleton.model.model_copy(update={"revision": self.backend.revision})
        update: dict[str, Any] = {
            "model": model,
            "status": status,
            "answer": self._judge(last) if last else None,
            "error": error,
            "iterations": list(self._iterations),
            "seconds": round(time.monotonic() - self._began, 4),
        }
        return Trace(**{**dict(self.skeleton), **update}).with_pages(dict(self._pages))

    async def _iteration(self, *, forced: bool) -> AsyncGenerator[Event]:
        """Generate one segment, judge it and remember it."""
        index = len(self._iterations)
        content = tuple(self.memory.content())
        pages = tuple(part for part in content if isinstance(part, Page))
        yield IterationStarted(index, pages, forced)
        prompt = self.prompts.render(self.question, content, iteration=index, final=forced)
        request = Request(prompt, self.skeleton.sampling, self._max_tokens(forced))
        began, first, completion = time.monotonic(), None, None
        streamed: list[str] = []
        async with aclosing(self.backend.generate(request)) as pieces:
            while completion is None and (piece := await self._next(pieces)) is not None:
                first = first or time.monotonic() - began
                if isinstance(piece, Completion):
                    completion = piece
                else:
                    streamed.append(piece.text)
                    yield TextDelta(index, piece.text)
        if completion is None and self._seconds_left() <= 0:
            seen = sum(page.vision_tokens for page in pages)
            usage = Usage(vision_tokens=seen, completion_tokens=len(streamed))
            completion = Completion("".join(streamed), "abort", usage)
        if completion is None:
            raise BackendError(f"{self.backend.model}: the segment ended without its completion")
        generate = time.monotonic() - began
        yield SegmentFinished(index, completion.text, completion.finish_reason, completion.usage)

        answer = self._judge(completion)
        kept, added, render = None, [], 0.0
        if answer is not None:
            yield Answered(index, answer)
        elif not forced:
            began = time.monotonic()
            kept = segments.keep(completion.text, cut=completion.finish_reason != "stop")
            added = self._remember(kept, completion)
            render = time.monotonic() - began
            yield PagesRendered(index, tuple(added))
        record = Iteration(
            index=index,
            text=completion.text,
            kept=kept,
            finish_reason=completion.finish_reason,
            forced=forced,
            pages=[PageRecord.of(page) for page in added],
            pages_sent=[page.sha256 for page in pages],
            memory_text_tokens=round(sum(self._text_tokens[page.sha256] for page in pages)),
            usage=completion.usage,
            seconds=Seconds(render=render, first_token=first, generate=generate),
        )
        self._iterations.append(record)
        yield IterationFinished(record)

    async def _next(self, pieces: AsyncGenerator[Delta | Completion]) -> Delta | Completion | None:
        """Return the next piece; None where none is left, or the time is up."""
        left = self._seconds_left()
        try:
            async with asyncio.timeout(None if left == float("inf") else left):
                return await anext(pieces, None)
        except TimeoutError:
            return None

    def _remember(self, kept: str, completion: Completion) -> list[Page]:
        """Add a kept segment to the memory, and note how many text tokens its pages carry."""
        self._kept.append(kept)
        added = self.memory.add(kept) if kept else []
        per_character = completion.usage.completion_tokens / max(1, len(completion.text))
        for page in added:
            self._pages[page.sha256] = page
            self._text_tokens[page.sha256] = len(page.text) * per_character
        return added

    def _judge(self, segment: Completion | Iteration) -> str | None:
        """Return the answer where the segment is final."""
        stopped = segment.finish_reason == "stop"
        return answers.final_answer(segment.text, self.prompts.rule, stopped=stopped)

    def _status(self) -> Status | None:
        """Say whether, and how, the solve is over after the last iteration; None to go on."""
        last, budget = self._iterations[-1], self.skeleton.budget
        if self._judge(last) is not None:
            return "answered"
        if self._stalled(last):
            return "stalled"
        if len(self._iterations) >= (self.memory.max_iterations or budget.iterations):
            return "exhausted"
        if budget.tokens is not None and self._spent() >= budget.tokens:
            return "exhausted"
        return "exhausted" if self._seconds_left() <= 0 else None

    def _stalled(self, last: Iteration) -> bool:
        recent = self._kept[-IDENTICAL_SEGMENTS:]
        same = len(recent) == IDENTICAL_SEGMENTS and len(set(recent)) == 1
        nothing = len(self._kept) >= EMPTY_SEGMENTS and not any(self._kept[-EMPTY_SEGMENTS:])
        return same or nothing or (last.finish_reason == "length" and segments.is_looping(last.text))

    def _may_force(self) -> bool:
        return self.memory.max_iterations is None and self._seconds_left() > 0

    def _seconds_left(self) -> float:
        limit = self.skeleton.budget.seconds
        return float("inf") if limit is None else limit - (time.monotonic() - self._began)

    def _spent(self) -> int:
        """Tokens generated so far."""
        return sum(iteration.usage.completion_tokens for iteration in self._iterations)

    def _max_tokens(self, forced: bool) -> int:
        """Token limit of the next segment."""
        budget = self.skeleton.budget
        if forced:
            return min(FORCED_TOKENS, budget.segment_tokens)
        left = budget.tokens - self._spent() if budget.tokens is not None else None
        if self.memory.max_iterations == 1:
            return left or budget.iterations * budget.segment_tokens
        return budget.segment_tokens if left is None else min(left, budget.segment_tokens)
