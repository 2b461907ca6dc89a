"""Solver: the sync, async, streaming and batch faces of the loop.

from vtc_r1 import Solver
with Solver() as solver:                      # the embedded model, on the CPU
    trace = solver.solve("37 + 85 - 19 * 2 + 46")
print(trace.answer)
"""

import asyncio
import copy
import random
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from pydantic import ValidationError

from vtc_r1.attached import NOTHING, Attached
from vtc_r1.backends.base import Backend
from vtc_r1.backends.choose import backend_named, choose
from vtc_r1.documents import Document, read_documents
from vtc_r1.errors import UnsupportedQuestion, UsageError, cause_of
from vtc_r1.events import Event, Finished
from vtc_r1.loop import Loop
from vtc_r1.memory import Costs, MemoryFactory, Terms, memory_policy
from vtc_r1.memory.density import Density
from vtc_r1.memory.density import density as density_named
from vtc_r1.memory.legibility import load_legibility
from vtc_r1.plugins import versions_of
from vtc_r1.portal import Portal
from vtc_r1.presets import preset as preset_named
from vtc_r1.presets import preset_for
from vtc_r1.prompts import PromptSet
from vtc_r1.questions import check_callable, check_question, check_questions
from vtc_r1.renderers import Profile, load_profile
from vtc_r1.schedule import Schedule
from vtc_r1.segments import segment_end as segment_end_named
from vtc_r1.trace import (
    Budget,
    DocumentRecord,
    ModelRecord,
    Named,
    PageRecord,
    Record,
    Sampling,
    Trace,
    versions,
)
from vtc_r1.waits import Waits

if TYPE_CHECKING:
    from openai import AsyncOpenAI

R = TypeVar("R", bound=Record)
Seeds = Callable[[int], int | None]
"""Gives the sampler's seed of the question at a position; None for the solver's."""
Context = str | Path | Document | Sequence[str | Path | Document]
"""Documents that come with a question: paths, and documents at hand; one alone will do."""
Contexts = Callable[[int], Context]
"""Gives the documents of the question at a position."""

CONCURRENCY = 8
"""Solves that `map` keeps in flight unless told otherwise."""

FINISHED = 8
"""Traces of `map` that wait to be taken at most: a slow consumer slows the solves down."""


class Solver:
    """Reasons about questions with one model, one memory policy and one set of parameters.

    Threads may share one, and event loops. It is closed at the end, by `with` or by `close`; after that, and
    in a forked process, whatever would solve raises UsageError. It cannot be pickled: every process makes its
    own.

    Args:
        base_url: `/v1` address of a server, or of several that serve the same model: a sequence, or
            separated by commas; None for a model in this process.
        model: name on the server, or a checkpoint's folder or hub id; None for the embedded model.
        backend: a Backend of your own, or the name of one, instead of `base_url` and `client`.
        client: an `AsyncOpenAI` of your own; it is used as it is and not closed.
        stream: take segments from the server as they grow.
        patience: seconds for which a server that went away is waited for; 180 unless given.
        preset: name of a preset, where the model's name does not tell it.
        memory: a memory policy as `name`, `module:Class` or either with `:key=value,…`, or what makes one.
        memory_tokens: most tokens of the memory in a prompt, under every policy that is named.
        legibility: what `vtc-r1 probe` stored, for the policy `auto`.
        segment_end: where a segment ends, likewise.
        density: how dense a page is, likewise.
        profile: render profile; the preset's unless given.
        prompts: prompt set, by name or folder; the preset's unless given.
        system_file: system prompt that replaces the prompt set's.
        sampling: parameters that override the preset's, such as `{"temperature": 0.6}`.
        seed: of the sampler; drawn and recorded where sampling is random and none is given.
        max_iterations: most iterations; one more may follow to force the answer.
        segment_tokens: most tokens of a segment.
        max_tokens: most generated tokens of a solve.
        max_seconds: most seconds of a solve; loading the model, which comes before it, is no part of them.
        segment_seconds: most seconds of one attempt at a segment, after which it is tried again.

    Raises:
        UsageError: an argument is not usable.
        UnknownName: no policy, profile, prompt set or preset has that name.
    """

    def __init__(
        self,
        *,
        base_url: str | Sequence[str] | None = None,
        model: str | None = None,
        backend: Backend | str | None = None,
        client: "AsyncOpenAI | None" = None,
        stream: bool = True,
        patience: float | None = None,
        preset: str | None = None,
        memory: str | MemoryFactory = "optical",
        memory_tokens: int | None = None,
        legibility: str | Path | None = None,
        segment_end: str = "limit",
        density: str = "fixed",
        profile: Profile | str | Path | None = None,
        prompts: str | Path | None = None,
        system_file: str | Path | None = None,
        sampling: dict[str, Any] | None = None,
        seed: int | None = None,
        max_iterations: int | None = None,
        segment_tokens: int | None = None,
        max_tokens: int | None = None,
        max_seconds: float | None = None,
        segment_seconds: float | None = None,
    ) -> None:
        if isinstance(backend, str):
            backend = backend_named(backend, base_url, model, client, stream, patience)
        self.backend = backend or choose(base_url, model, client, stream, patience)
        self.preset = preset_named(preset, trusted=True) if preset else preset_for(self.backend.model)
        self.renderer = _renderer(density, self.preset.profile if profile is None else profile)
        self.segment_end = segment_end_named(segment_end, trusted=True)
        self.costs = Costs(self.preset.characters_per_token)
        read = None if legibility is None else load_legibility(Path(legibility), self.renderer.profile)
        self._terms = Terms(memory_tokens, self.preset.characters_per_token, read)
        self._remember(memory, trusted=True)
        self.prompts = PromptSet(prompts or self.preset.prompts, Path(system_file) if system_file else None)
        self.sampling = _checked(
            Sampling, {**self.preset.sampling.model_dump(), **(sampling or {}), "seed": seed}
        )
        self.budget = _checked(
            Budget,
            {
                "iterations": self.preset.iterations if max_iterations is None else max_iterations,
                "segment_tokens": self.preset.segment_tokens if segment_tokens is None else segment_tokens,
                "tokens": max_tokens,
                "seconds": max_seconds,
                "segment_seconds": segment_seconds,
                "memory_tokens": memory_tokens,
            },
        )
        self._legibility = None if read is None else Named(name=read.name, sha256=read.sha256)
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
            DocumentError: a document cannot be read, or not be shown under the memory policy.
        """
        self._lifetime.check()
        return self._portal.call(self.asolve(question, context))

    async def asolve(self, question: str, context: Context = ()) -> Trace:
        """Solve one question; arguments and errors are those of `solve`."""
        self._lifetime.check()
        check_question(question)
        attached = await asyncio.to_thread(_about, context) if context else NOTHING
        return await _finish(self.begin(question, attached=attached))

    def stream(
        self, question: str, context: Context | Attached = (), *, attached: Attached | None = None
    ) -> AsyncGenerator[Event]:
        """Solve one question, yielding every event; leaving early ends the solve.

        Args:
            question: what is asked.
            context: what it is about, as for `solve`; paths are read when the first event is asked for.
            attached: pictures, earlier turns and a system text that come with it; may stand in the place of
                `context`.

        Raises:
            UsageError: the question cannot be asked, or the solver is closed.
        """
        self._lifetime.check()
        check_question(question)
        given = attached or NOTHING
        if isinstance(context, Attached):
            given, context = context, ()
        if context:
            return self._read_and_stream(question, context, given)
        return self.begin(question, attached=given).iterate()

    def events(self, question: str, context: Context = ()) -> Iterator[Event]:
        """Solve one question from synchronous code, yielding every event; arguments as for `solve`."""
        self._lifetime.check()
        check_question(question)
        return self._portal.iterate(self.stream(question, _about(context)))

    def map(
        self,
        questions: Iterable[str],
        *,
        concurrency: int = CONCURRENCY,
        seeds: Seeds | None = None,
        contexts: Contexts | None = None,
    ) -> Generator[Trace]:
        """Solve many questions; yields traces as they finish, `trace.index` says which one it is.

        An interrupt cancels the solves in flight; what is finished is still yielded before it is raised.
        Leaving early cancels them, too. Arguments and errors are those of `amap`.
        """
        schedule = self._schedule(questions, concurrency, seeds, contexts)
        return self._portal.iterate(schedule.results(), stop=schedule.stop, waiting=FINISHED)

    def amap(
        self,
        questions: Iterable[str],
        *,
        concurrency: int = CONCURRENCY,
        seeds: Seeds | None = None,
        contexts: Contexts | None = None,
    ) -> AsyncGenerator[Trace]:
        """Solve many questions, at most `concurrency` at once; yields traces as they finish.

        Traces are not kept. A question that cannot be asked gives a `failed` trace. Where `questions` itself
        raises, the solves in flight come to their end and are yielded first.

        Args:
            questions: they are taken only as places become free, so there may be any number of them.
            concurrency: solves in flight at most.
            seeds: gives the seed of the question at a position, from 0, instead of the solver's.
            contexts: gives the documents of the question at a position, when its turn comes.

        Raises:
            UsageError: an argument is not usable, a question is no text, or the solver is closed.
        """
        return self._schedule(questions, concurrency, seeds, contexts).results()

    def made(self, trace: Trace) -> bool:
        """Tell whether this solver could have made `trace`: settings, and weights where both are known."""
        ours = self.skeleton(trace.question)
        if self.sampling.seed is None:
            sampling = ours.sampling.model_copy(update={"seed": trace.sampling.seed})
            ours = ours.model_copy(update={"sampling": sampling})
        same = ("memory", "segment_end", "density", "legibility", "prompts", "profile", "sampling", "budget")
        model = ours.model
        if not (model.revision and trace.model.revision):
            model = model.model_copy(update={"revision": trace.model.revision})
        return trace.model == model and all(getattr(ours, name) == getattr(trace, name) for name in same)

    def skeleton(self, question: str, index: int | None = None, seed: int | None = None) -> Trace:
        """Return the record of a solve that has not begun."""
        sampling = self.sampling
        if seed is not None:
            sampling = _checked(Sampling, {**sampling.model_dump(), "seed": seed})
        if sampling.seed is None and sampling.temperature > 0:
            sampling = sampling.model_copy(update={"seed": random.SystemRandom().getrandbits(31)})
        profile = self.renderer.profile
        trace = Trace(
            question=question,
            status="cancelled",
            model=ModelRecord(
                name=self.backend.model,
                revision=self.backend.revision,
                backend=self.backend.name,
                preset=self.preset.name,
            ),
            memory=self._memory_name,
            segment_end=self.segment_end.name,
            density=self.renderer.name,
            legibility=self._legibility,
            prompts=Named(name=self.prompts.name, sha256=self.prompts.sha256),
            profile=Named(name=profile.name, sha256=profile.sha256),
            sampling=sampling,
            budget=self.budget,
            versions=versions() | versions_of(*self._brought),
            index=index,
        )
        return trace.model_copy(update={"warnings": self.warnings(trace)})

    def warnings(self, trace: Trace) -> list[str]:
        """Say where a solve by this solver left what its model was trained for or told, a sentence each."""
        trained = getattr(self.backend, "trained_for", None) or self.preset.trained_for()
        doubts = getattr(self.backend, "doubts", None)
        return [
            *([] if trained is None else trained.outside(trace)),
            *([] if doubts is None else doubts(trace.sampling)),
        ]

    def changed(
        self, sampling: dict[str, Any], budget: dict[str, Any], memory: str | None = None
    ) -> "Solver":
        """Return a solver on the same backend with other parameters; it needs no closing.

        Args:
            sampling: fields of `Sampling`.
            budget: fields of `Budget`.
            memory: name of another memory policy; no module is imported for it.

        Raises:
            UsageError: a value is not usable.
            UnknownName: no policy has that name.
        """
        other = copy.copy(self)
        if memory is not None:
            other._remember(memory)
        other.sampling = _checked(Sampling, {**self.sampling.model_dump(), **sampling})
        other.budget = _checked(Budget, {**self.budget.model_dump(), **budget})
        return other

    @property
    def waiting(self) -> str | None:
        """What the backend waits for, in one line, such as a server that is away; None where it works."""
        waits: Waits | None = getattr(self.backend, "waits", None)
        return None if waits is None else waits.told()

    def check(self) -> None:
        """Make sure that the backend can generate; raises VtcError naming what is wrong."""
        self._lifetime.check()
        self._portal.call(self.backend.check())

    def close(self) -> None:
        """Release connections, weights and threads; what still runs ends. Closing twice does no harm."""
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __copy__(self) -> "Solver":
        """Return a solver that shares everything with this one, also its end."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        return other

    def __reduce__(self) -> NoReturn:
        raise UsageError(
            "a Solver holds a model, threads and connections, and cannot be pickled or copied in depth: "
            "make one in each process; solver.map solves many questions at a time in this one"
        )

    def __repr__(self) -> str:
        backend = self.backend
        return f"Solver(model={backend.model!r}, backend={backend.name!r}, memory={self._memory_name!r})"

    def _remember(self, memory: str | MemoryFactory, *, trusted: bool = False) -> None:
        """Take a memory policy, under this solver's terms."""
        if isinstance(memory, str):
            memory = memory_policy(memory, self._terms, trusted=trusted)
        self.new_memory = memory
        made = self.new_memory(self.renderer)
        self._memory_name, self._documents = made.name, made.documents
        parts = (made, self.segment_end, self.renderer, self.backend)
        self._brought = (self.preset, *map(type, parts))

    def _schedule(
        self, questions: Iterable[str], concurrency: int, seeds: Seeds | None, contexts: Contexts | None
    ) -> Schedule[str, Trace]:
        self._lifetime.check()
        check_callable(seeds, "seeds")
        check_callable(contexts, "contexts")
        return Schedule(partial(self._indexed, seeds, contexts), check_questions(questions), concurrency)

    async def _read_and_stream(
        self, question: str, context: Context, attached: Attached
    ) -> AsyncGenerator[Event]:
        read = await asyncio.to_thread(_about, context)
        documents = (*attached.documents, *read.documents)
        loop = self.begin(question, attached=replace(attached, documents=documents))
        async with aclosing(loop.iterate()) as events:
            async for event in events:
                yield event

    async def _indexed(
        self, seeds: Seeds | None, contexts: Contexts | None, index: int, question: str
    ) -> Trace:
        self._lifetime.check()
        seed = None if seeds is None else seeds(index)
        try:
            context = () if contexts is None else contexts(index)
            attached = await asyncio.to_thread(_about, context) if context else NOTHING
            loop = self.begin(question, index, seed, attached)
        except UsageError as error:
            skeleton = self.skeleton(question, index, seed)
            failed = {"status": "failed", "error": str(error), "cause": cause_of(error)}
            return Trace(**{**dict(skeleton), **failed})
        return await _finish(loop)

    def begin(
        self,
        question: str,
        index: int | None = None,
        seed: int | None = None,
        attached: Attached = NOTHING,
    ) -> Loop:
        """Return one solve: `iterate` runs it, `trace` is its record as it stands; raises UsageError."""
        self._lifetime.check()
        check_question(question)
        self.check_attached(attached)
        asked, documents = self.preset.ask(question, attached.documents)
        attached = replace(NOTHING if self.preset.bare else attached, documents=documents)
        given = {
            "images": [PageRecord.of(image) for image in attached.images],
            "documents": [DocumentRecord.of(document) for document in documents],
        }
        skeleton = self.skeleton(question, index, seed).model_copy(update=given)
        doubts = self.preset.doubts(asked, documents)
        return Loop(
            skeleton,
            asked,
            self.backend,
            self.prompts,
            self.new_memory(self.renderer),
            end=self.segment_end,
            costs=self.costs,
            drawing=self._drawing,
            attached=attached,
            renderer=self.renderer,
            warnings=lambda trace: [*doubts, *self.warnings(trace)],
        )

    def check_attached(self, attached: Attached) -> None:
        """Make sure that the model can be given what comes with a question, under the memory policy.

        Raises:
            UnsupportedQuestion: the model takes no pictures and no earlier turns.
            DocumentError: a scan would have to be shown as text.
        """
        if self.preset.bare and attached.kinds:
            raise UnsupportedQuestion(
                f"model {self.backend.model} takes one question of text; leave the {attached.kinds} away"
            )
        if self._documents == "text":
            for document in attached.documents:
                document.check_text()


def _renderer(spec: str, profile: Profile | str | Path) -> Density:
    """Return what draws pages by a profile, as dense as `spec` says."""
    found = profile if isinstance(profile, Profile) else load_profile(profile)
    return density_named(spec, found, trusted=True)


def _about(context: Context) -> Attached:
    return Attached(documents=read_documents(context))


async def _finish(loop: Loop) -> Trace:
    """Run a solve to its end."""
    async with aclosing(loop.iterate()) as events:
        async for event in events:
            if isinstance(event, Finished):
                return event.trace
    raise AssertionError("a solve ends with Finished")


def _checked(record: type[R], values: dict[str, Any]) -> R:
    """Make a record of parameters; raises UsageError naming the one that is off."""
    try:
        return record(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        where = f"max_{name}" if name in ("iterations", "tokens", "seconds") else name
        raise UsageError(f"{where} = {first['input']!r}: {first['msg']}") from error
