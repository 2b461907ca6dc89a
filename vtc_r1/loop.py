"""The loop: prompt → generate one segment → judge it → remember it, until an answer emerges."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from vtc_r1 import answers, segments
from vtc_r1.answer_form import AnswerForm
from vtc_r1.attachments import NOTHING, Attachments
from vtc_r1.backends.base import Backend, Completion, Request
from vtc_r1.documents import Shown, show
from vtc_r1.errors import BackendError, Cause, DocumentError, VtcError, cause_of
from vtc_r1.events import (
    Answered,
    DocumentsShown,
    Event,
    Finished,
    IterationFinished,
    IterationStarted,
    PagesRendered,
    SegmentFinished,
    Started,
)
from vtc_r1.generation import Clock, Generation, check_context, measured_rate
from vtc_r1.iteration import Carried, Changes, Iteration, PageRecord, Seconds
from vtc_r1.memory import Costs, Memory, carries
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Page, Renderer
from vtc_r1.renderers.scripts import sentences
from vtc_r1.segments import Limit, SegmentEnd
from vtc_r1.trace import DocumentRecord, Spent, Status, Trace
from vtc_r1.verification.guard import Checked, Guard

FORCED_TOKENS = 2_048  #: token limit of the segment that forces the answer once the budget is spent


@dataclass
class Loop:
    """One solve."""

    skeleton: Trace  #: the trace without iterations, with question, sampling and budget
    question: str  #: the question in the form that the model takes
    backend: Backend  #: generates the segments
    prompts: PromptSet  #: makes the prompts, and decides when a segment is final
    memory: Memory  #: the memory of this solve
    end: SegmentEnd = field(default_factory=Limit)  #: where a segment ends
    costs: Costs = field(default_factory=Costs)  #: counts the tokens of the memory
    drawing: Executor | None = None  #: threads that draw pages; None for those of the event loop
    name: str = field(default_factory=lambda: uuid.uuid4().hex)  #: id of the solve for the backend
    attached: Attachments = NOTHING  #: what comes with the question
    form: AnswerForm | None = None  #: form of the answer, for which one more segment is generated
    records: bool = False  #: whether the tokens of every segment are recorded
    resumed: Sequence[Iteration] = ()  #: iterations of an earlier solve that this one continues
    renderer: Renderer = field(default_factory=Renderer)  #: draws the documents
    #: returns the warnings about a trace, such as what the model was not trained for
    warnings: Callable[[Trace], list[str]] = field(default=lambda trace: [])
    _iterations: list[Iteration] = field(default_factory=list)
    _kept: list[str] = field(default_factory=list)
    _pages: dict[str, Page] = field(default_factory=dict)
    _earlier: list[Page] = field(default_factory=list)
    _documents: tuple[Shown, ...] = ()
    _text_tokens: dict[str, float] = field(default_factory=dict)
    _sent: tuple[str | Page, ...] = ()
    _answer: str | None = None
    _loading: float = 0.0
    _exhausted: Spent | None = None

    def __post_init__(self) -> None:
        self.clock = Clock(self.skeleton.budget.seconds)
        self.guard = Guard(self.memory, self.skeleton, self.renderer.profile, self.costs)

    async def iterate(self) -> AsyncGenerator[Event]:
        """Reason about the question until a segment carries the answer or the budget is spent."""
        try:
            await self._load()
            self.clock.start()
            yield Started(self.trace("cancelled"))
            await self._recall()
            if self.attached.documents:
                await self._show_documents()
                yield DocumentsShown(self._documents)
            status: Status | None = None
            while status is None:
                async with aclosing(self._iteration(forced=False)) as events:
                    async for event in events:
                        yield event
                status = self._status()
            is_forced = status == "exhausted" and self.memory.max_iterations is None
            is_forced |= self.form is not None and status != "stalled"
            while is_forced and self.clock.left > 0:
                async with aclosing(self._iteration(forced=True)) as events:
                    async for event in events:
                        yield event
                is_forced = self._iterations[-1].is_void
            if self.form is not None:
                outcome = (status, self._answer, self._exhausted)
                status, self._answer, self._exhausted = self.form.settle(outcome, self._iterations[-1])
            yield Finished(self.trace(status))
        except (BackendError, DocumentError) as error:
            yield Finished(self.trace("failed", str(error), cause_of(error)))

    @property
    def pages(self) -> Mapping[str, Page]:
        """All pages so far, by hash."""
        return self._pages

    def trace(self, status: Status, error: str | None = None, cause: Cause | None = None) -> Trace:
        """Return the trace of the solve so far."""
        update: dict[str, Any] = {
            "model": self.skeleton.model.model_copy(update={"revision": self.backend.revision}),
            "status": status,
            "answer": self._answer,
            "error": error,
            "cause": cause,
            "exhausted": self._exhausted if status == "exhausted" else None,
            "earlier": [PageRecord.of(page) for page in self._earlier],
            "documents": [DocumentRecord.of(shown.document, shown) for shown in self._documents]
            or self.skeleton.documents,
            "iterations": list(self._iterations),
            "seconds": round(self.clock.passed, 4),
            "seconds_loading": round(self._loading, 4),
        }
        trace = Trace(**{**dict(self.skeleton), **update}).with_pages(dict(self._pages))
        lacking = sentences(lack for page in self._pages.values() for lack in page.lacks)
        return trace.model_copy(update={"warnings": [*self.warnings(trace), *lacking]})

    async def _load(self) -> None:
        """Let a backend in this process load its model; a server has loaded its own."""
        load = getattr(self.backend, "load", None)
        self._loading = 0.0 if load is None else await load()

    async def _iteration(self, *, forced: bool) -> AsyncGenerator[Event]:
        """Generate one segment, judge it and add it to the memory."""
        segment = self._generation(forced)
        index = segment.index
        yield IterationStarted(index, self._pages_of(segment), forced)
        async with aclosing(segment.events()) as events:
            async for event in events:
                yield event
        completion = segment.completion
        assert completion is not None
        yield SegmentFinished(index, completion.text, completion.finish_reason, completion.usage)

        carried, checked = self._carried(segment.content), await self._checked(segment, completion.text)
        stopped = completion.finish_reason == "stop"
        if forced and self.form is not None:
            answer = self.form.read(completion.text) if stopped else None
        else:
            answer = answers.final_answer(completion.text, self.prompts.rule, stopped=stopped)
        kept: str | None = None
        added, changes, render = list[Page](), Changes(), 0.0
        if checked.is_void:
            answer, added = None, list(checked.redrawn)
            self._took_in(added, 1 / self.costs.rate("".join(page.text for page in added)))
            yield PagesRendered(index, tuple(added))
        elif answer is not None:
            yield Answered(index, answer)
        elif not forced:
            cut = completion.finish_reason not in ("stop", "cut")
            kept = segments.keep(completion.text, cut=cut, trim=self.end.trim)
            added, changes, render = await self._remember(kept, completion)
            yield PagesRendered(index, tuple(added))
        sent = self._pages_of(segment)
        record = Iteration(
            index=index,
            text=completion.text,
            kept=kept,
            finish_reason=completion.finish_reason,
            forced=forced,
            pages=[PageRecord.of(page) for page in added],
            changes=changes,
            canaries=checked.canaries,
            quotes=checked.quotes,
            pages_sent=[page.sha256 for page in sent],
            carried=carried,
            memory_text_tokens=round(sum(self._text_tokens[page.sha256] for page in sent)),
            max_tokens=segment.max_tokens,
            attempts=completion.attempts,
            shed=segment.shed,
            usage=completion.usage,
            sampled=completion.sampled,
            seconds=Seconds(render=render, first_token=segment.first_token, generate=segment.seconds),
        )
        self._iterations.append(record)
        self._answer = answer
        yield IterationFinished(record, self.skeleton.compression_of(self._iterations))

    def _generation(self, forced: bool) -> Generation:
        """Return the generation of the next segment."""
        index, budget, sampling = len(self._iterations), self.skeleton.budget, self.skeleton.sampling
        form = self.form if forced else None
        draft = None if self._answer is None else self._iterations[-1].text
        may_end = self.memory.max_iterations != 1 and (self.end.watches or self.memory.asks is not None)

        def request(content: Sequence[str | Page], max_tokens: int) -> Request:
            prompt = self.prompts.render(
                self.question,
                content,
                iteration=index,
                final=forced,
                whole=self.memory.max_iterations == 1,
                carries=carries(self.memory),
                attached=self.attached,
                documents=self._documents,
                codes=len(self.guard.codes(content)),
            )
            ask = Request(prompt, sampling, max_tokens, self.name, budget.segment_seconds, None, self.records)
            return ask if form is None else form.constrain(ask, draft)

        return Generation(
            index=index,
            backend=self.backend,
            memory=self.guard,
            request=request,
            max_tokens=self._max_tokens(forced),
            usual=budget.segment_tokens,
            clock=self.clock,
            end=self.end,
            is_watched=not forced and may_end,
            costs=self.costs,
            rate=None if self.costs.characters_per_token else measured_rate(self._iterations),
            misread=self.guard.misread if self.guard.has_canaries else None,
        )

    def _carried(self, content: tuple[str | Page, ...]) -> Carried:
        """Count the tokens of the memory in a prompt."""
        newest = self._kept[-1] if self._kept else None
        again = self.costs.re_prefill(self._sent, content, newest)
        self._sent = content
        vision = sum(part.vision_tokens for part in content if isinstance(part, Page))
        return Carried(vision=vision, text=self.costs.of(content) - vision, re_prefill=again)

    async def _checked(self, segment: Generation, text: str) -> Checked:
        """Check a segment against the pages and texts of its prompt, on the thread that draws pages."""
        check = partial(self.guard.check, text, segment.content, self._documents, self.question)
        return await asyncio.get_running_loop().run_in_executor(self.drawing, check)

    async def _recall(self) -> None:
        """Start the memory with the earlier turns, whose tokens are estimated, and the resumed iterations."""
        self._pages.update((image.sha256, image) for image in self.attached.images)
        for turn in self.attached.earlier:
            added, _ = await self._add(turn, 1 / self.costs.rate(turn))
            self._earlier += added
        for record in self.resumed:
            self._iterations.append(record)
            done = Completion(record.text, record.finish_reason, record.usage)
            await self._remember(record.kept or "", done)

    async def _show_documents(self) -> None:
        """Draw the documents on a thread, and verify that they fit into the context."""
        running, form = asyncio.get_running_loop(), self.memory.documents
        shown = [
            await running.run_in_executor(self.drawing, show, document, form, self.renderer, self.costs.rate)
            for document in self.attached.documents
        ]
        for each in shown:
            for page in each.pages:
                self._pages[page.sha256] = page
                self._text_tokens[page.sha256] = len(page.text) / each.characters_per_token
        self._documents = tuple(shown)
        if (context := await self._context()) is not None:
            tokens, model = self.skeleton.budget.segment_tokens, self.backend.model
            told = carries(self.memory)
            prompt = self.prompts.render(
                self.question, (), iteration=0, carries=told, attached=self.attached, documents=shown
            )
            check_context(prompt, shown, context, segment_tokens=tokens, model=model)

    async def _context(self) -> int | None:
        """Return the context length in tokens, None if it is not known."""
        if self.backend.context is None:
            with suppress(VtcError):  # the request itself will fail with the reason
                await self.backend.check()
        return self.backend.context

    def _pages_of(self, segment: Generation) -> tuple[Page, ...]:
        """Return the pages of a prompt: those of the documents, then those of the memory."""
        return (*(page for shown in self._documents for page in shown.pages), *segment.pages)

    async def _remember(self, kept: str, completion: Completion) -> tuple[list[Page], Changes, float]:
        """Add a kept segment to the memory; return its pages, changes to earlier ones, and the seconds."""
        self._kept.append(kept)
        per_character = segments.tokens_per_character(completion.text, completion.usage.completion_tokens)
        added, seconds = await self._add(kept, per_character)
        return added, self.memory.changes() if kept else Changes(), seconds

    async def _add(self, text: str, tokens_per_character: float) -> tuple[list[Page], float]:
        """Add a text to the memory on a thread; return its pages and the seconds."""

        def draw() -> tuple[list[Page], float]:
            began = time.perf_counter()
            pages = [page.ready() for page in self.guard.add(text)] if text else []
            return pages, time.perf_counter() - began

        added, seconds = await asyncio.get_running_loop().run_in_executor(self.drawing, draw)
        self._took_in(added, tokens_per_character)
        return added, seconds

    def _took_in(self, added: Sequence[Page], tokens_per_character: float) -> None:
        """Record pages, and the text tokens that each carries."""
        for page in added:
            self._pages[page.sha256] = page
            self._text_tokens[page.sha256] = len(page.text) * tokens_per_character

    def _status(self) -> Status | None:
        """Return how the solve has ended after the last iteration, None if it continues."""
        last = self._iterations[-1]
        if self._answer is not None:
            return "answered"
        if self._stalled(last):
            return "stalled"
        self._exhausted = self._out_of(last)
        return "exhausted" if self._exhausted else None

    def _out_of(self, last: Iteration) -> Spent | None:
        """Return the budget that has run out; of several, the one that ended the last segment."""
        budget = self.skeleton.budget
        if self.clock.left <= 0:
            return "seconds"
        if budget.tokens is not None and self._spent() >= budget.tokens:
            return "tokens"
        if self.memory.max_iterations == 1 and last.finish_reason == "length":
            return "tokens"
        most = self.memory.max_iterations or budget.iterations
        return "iterations" if sum(not each.is_void for each in self._iterations) >= most else None

    def _stalled(self, last: Iteration) -> bool:
        is_looping = last.finish_reason == "length" and segments.is_looping(last.text)
        return not last.is_void and (is_looping or segments.has_stalled(self._kept))

    def _spent(self) -> int:
        """Return the number of tokens generated so far."""
        return sum(iteration.usage.completion_tokens for iteration in self._iterations)

    def _max_tokens(self, forced: bool) -> int:
        """Return the token limit of the next segment."""
        budget, asked = self.skeleton.budget, self.skeleton.budget.segment_tokens
        if forced:
            return min(FORCED_TOKENS, asked)
        whole = budget.tokens or budget.iterations * asked
        if self.memory.max_iterations == 1:
            return whole
        left = whole - self._spent()
        return self.end.limit(asked, left if budget.tokens else max(asked, left))
