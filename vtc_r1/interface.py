"""The interface of a solver: one question or many, sync and async, as whole traces or as events."""

import asyncio
import warnings
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NoReturn, Self

from vtc_r1.attachments import NOTHING, Attachments
from vtc_r1.backends.base import Backend
from vtc_r1.documents import Document, read_documents
from vtc_r1.errors import UsageError, cause_of
from vtc_r1.events import Event, Finished
from vtc_r1.iteration import Iteration
from vtc_r1.loop import Loop
from vtc_r1.portal import Portal
from vtc_r1.questions import check_callable, check_question, check_questions
from vtc_r1.schedule import Schedule
from vtc_r1.trace import Trace

Seeds = Callable[[int], int | None]
"""Returns the sampler's seed for the question at a position; None for the solver's own."""
MemoryLimits = Callable[[int], Sequence[int] | None]
"""Returns the memory's token limits by iteration for the question at a position; None for no such limits."""
Context = str | Path | Document | Sequence[str | Path | Document]
"""Documents that come with a question: paths or loaded documents, one or several."""
Contexts = Callable[[int], Context]  #: returns the documents of the question at a position

CONCURRENCY = 8  #: solves that `map` keeps in flight by default

FINISHED = 8  #: maximum number of finished traces that `map` buffers; a slow consumer slows the solves down


@dataclass(frozen=True)
class Resumption:
    """An earlier solve to continue: its question, and its iterations so far.

    The memory takes in the kept segments of these iterations, and none of their other fields.
    """

    question: str
    iterations: tuple[Iteration, ...]
    seed: int | None = None  #: seed of the sampler; None for the solver's own
    attached: Attachments = NOTHING  #: what comes with the question


class Events(Iterator[Event]):
    """The events of one solve; `close` ends it."""

    def __init__(self, events: AsyncGenerator[Event], portal: Portal) -> None:
        self._events, self._taken = events, portal.iterate(events)

    def __next__(self) -> Event:
        return next(self._taken)

    def close(self) -> None:
        """End the solve if it is still running."""
        self._taken.close()

    def __aiter__(self) -> AsyncGenerator[Event]:
        """Yield the events to asynchronous code, as `stream` did up to 0.1; use `astream` now."""
        warnings.warn("Solver.stream is synchronous: use Solver.astream", DeprecationWarning, stacklevel=2)
        return self._events

    async def aclose(self) -> None:
        """End the solve from asynchronous code."""
        await self._events.aclose()


class SolverInterface(ABC):
    """The public methods of a solver: solve, stream and map, sync and async.

    Attributes:
        backend: generates the segments.
    """

    backend: Backend

    def __init__(self) -> None:
        self._portal = Portal()
        self._drawing = ThreadPoolExecutor(1, "vtc-r1-pages")
        self._lifetime = self._portal.lifetime

    def solve(self, question: str, context: Context = ()) -> Trace:
        """Solve one question; works inside a running event loop too.

        Args:
            question: what is asked.
            context: what it is about: paths of text, Markdown, LaTeX, source code and PDF, or documents.

        Raises:
            UsageError: the question cannot be asked, or the solver is closed.
            DocumentError: a document cannot be read, or cannot be shown under the memory policy.
        """
        self._lifetime.check()
        return self._portal.call(self.asolve(question, context))

    async def asolve(self, question: str, context: Context = ()) -> Trace:
        """Solve one question; arguments and errors are those of `solve`."""
        self._lifetime.check()
        check_question(question)
        # Reading files, and PDFs above all, would block the event loop.
        attached = await asyncio.to_thread(_about, context) if context else NOTHING
        return await _finish(self.begin(question, attached=attached))

    def stream(
        self, question: str, context: Context | Attachments = (), *, attached: Attachments | None = None
    ) -> Events:
        """Solve one question, yielding every event; stopping early ends the solve.

        Args:
            question: what is asked.
            context: what it is about, as for `solve`; paths are read when the first event is requested.
            attached: pictures, earlier turns and a system text that come with it; may be passed in place of
                `context`.

        Raises:
            UsageError: the question cannot be asked, or the solver is closed.
        """
        return Events(self.astream(question, context, attached=attached), self._portal)

    def astream(
        self, question: str, context: Context | Attachments = (), *, attached: Attachments | None = None
    ) -> AsyncGenerator[Event]:
        """Solve one question, yielding every event; arguments and errors are those of `stream`."""
        self._lifetime.check()
        check_question(question)
        given = attached or NOTHING
        if isinstance(context, Attachments):
            given, context = context, ()
        if context:
            return self._read_and_stream(question, context, given)
        return self.begin(question, attached=given).iterate()

    def events(self, question: str, context: Context = ()) -> Events:
        """Solve one question, yielding every event: the former name of `stream`."""
        warnings.warn("Solver.events is now Solver.stream", DeprecationWarning, stacklevel=2)
        return self.stream(question, context)

    def map(
        self,
        questions: Iterable[str],
        *,
        concurrency: int = CONCURRENCY,
        seeds: Seeds | None = None,
        contexts: Contexts | None = None,
        memory_limits: MemoryLimits | None = None,
    ) -> Generator[Trace]:
        """Solve many questions; yields traces as they finish; `trace.index` is the position of the question.

        An interrupt cancels the solves in flight; finished traces are still yielded before it is raised.
        Stopping early cancels them too. Arguments and errors are those of `amap`.
        """
        schedule = self._schedule(questions, concurrency, seeds, contexts, memory_limits)
        return self._portal.iterate(schedule.results(), stop=schedule.stop, waiting=FINISHED)

    def resume(self, solves: Iterable[Resumption], *, concurrency: int = CONCURRENCY) -> Generator[Trace]:
        """Continue earlier solves; yields traces as they finish, with the position of the solve as `index`.

        Raises UsageError: an argument is invalid, or the solver is closed.
        """
        self._lifetime.check()
        schedule = Schedule(self._resumed, solves, concurrency)
        return self._portal.iterate(schedule.results(), stop=schedule.stop, waiting=FINISHED)

    def amap(
        self,
        questions: Iterable[str],
        *,
        concurrency: int = CONCURRENCY,
        seeds: Seeds | None = None,
        contexts: Contexts | None = None,
        memory_limits: MemoryLimits | None = None,
    ) -> AsyncGenerator[Trace]:
        """Solve many questions, at most `concurrency` at once; yields traces as they finish.

        Traces are not kept. A question that cannot be asked gives a `failed` trace. If `questions` itself
        raises, the solves in flight are finished and yielded first.

        Args:
            questions: consumed only as slots become free, so there may be any number of them.
            concurrency: maximum number of solves in flight.
            seeds: returns the seed for the question at a position, from 0, instead of the solver's.
            contexts: returns the documents of the question at a position, when its turn comes.
            memory_limits: returns the memory's token limits by iteration for the question at a position,
                for a policy with the option `equal`.

        Raises:
            UsageError: an argument is invalid, a question is not text, or the solver is closed.
        """
        return self._schedule(questions, concurrency, seeds, contexts, memory_limits).results()

    @abstractmethod
    def begin(
        self,
        question: str,
        index: int | None = None,
        seed: int | None = None,
        attached: Attachments = NOTHING,
        memory_limits: Sequence[int] | None = None,
    ) -> Loop:
        """Return one solve: `iterate` runs it, `trace` is its record so far; raises UsageError."""

    @abstractmethod
    def skeleton(self, question: str, index: int | None = None, seed: int | None = None) -> Trace:
        """Return the record of a solve that has not begun."""

    def check(self) -> None:
        """Check that the backend can generate; raises VtcError naming what is wrong."""
        self._lifetime.check()
        self._portal.call(self.backend.check())

    def close(self) -> None:
        """Release connections, weights and threads; solves still running end. Closing twice does no harm."""
        if self._lifetime.end():
            self._release()

    async def aclose(self) -> None:
        """Release connections, weights and threads, from asynchronous code; closing twice does no harm."""
        if not self._lifetime.end():
            return
        try:
            await self.backend.aclose()
        finally:
            if self._portal.started:
                await asyncio.to_thread(self._release)
            self._drawing.shutdown(wait=False)

    def _release(self) -> None:
        try:
            self._portal.call(self.backend.aclose())
        finally:
            self._portal.close()
            self._drawing.shutdown(wait=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    def __reduce__(self) -> NoReturn:
        raise UsageError(
            "a Solver holds a model, threads and connections, and cannot be pickled or deep-copied: make one "
            "in each process; solver.map solves many questions at a time in this one"
        )

    def _schedule(
        self,
        questions: Iterable[str],
        concurrency: int,
        seeds: Seeds | None,
        contexts: Contexts | None,
        memory_limits: MemoryLimits | None,
    ) -> Schedule[str, Trace]:
        self._lifetime.check()
        check_callable(seeds, "seeds")
        check_callable(contexts, "contexts")
        check_callable(memory_limits, "memory_limits")
        solve = partial(self._indexed, seeds, contexts, memory_limits)
        return Schedule(solve, check_questions(questions), concurrency)

    async def _read_and_stream(
        self, question: str, context: Context, attached: Attachments
    ) -> AsyncGenerator[Event]:
        read = await asyncio.to_thread(_about, context)
        documents = (*attached.documents, *read.documents)
        loop = self.begin(question, attached=replace(attached, documents=documents))
        async with aclosing(loop.iterate()) as events:
            async for event in events:
                yield event

    async def _indexed(
        self,
        seeds: Seeds | None,
        contexts: Contexts | None,
        memory_limits: MemoryLimits | None,
        index: int,
        question: str,
    ) -> Trace:
        self._lifetime.check()
        seed = None if seeds is None else seeds(index)
        try:
            context = () if contexts is None else contexts(index)
            attached = await asyncio.to_thread(_about, context) if context else NOTHING
            limits = None if memory_limits is None else memory_limits(index)
            loop = self.begin(question, index, seed, attached, limits)
        except UsageError as error:
            skeleton = self.skeleton(question, index, seed)
            failed = {"status": "failed", "error": str(error), "cause": cause_of(error)}
            return Trace(**{**dict(skeleton), **failed})
        return await _finish(loop)

    async def _resumed(self, index: int, solve: Resumption) -> Trace:
        loop = self.begin(solve.question, index, solve.seed, solve.attached)
        loop.resumed = solve.iterations
        return await _finish(loop)


def _about(context: Context) -> Attachments:
    return Attachments(documents=read_documents(context))


async def _finish(loop: Loop) -> Trace:
    """Run a solve to its end."""
    async with aclosing(loop.iterate()) as events:
        async for event in events:
            if isinstance(event, Finished):
                return event.trace
    # `Loop.iterate` yields Finished in every case, also for a failure.
    raise AssertionError("a solve ends with Finished")
