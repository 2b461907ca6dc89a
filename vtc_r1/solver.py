"""Solver: a model, a memory policy and parameters, put together.

from vtc_r1 import Solver
with Solver() as solver:                      # the embedded model, on the CPU
    trace = solver.solve("37 + 85 - 19 * 2 + 46")
print(trace.answer)
"""

import copy
import random
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from vtc_r1.answer_form import AnswerForm
from vtc_r1.attachments import NOTHING, Attachments
from vtc_r1.backends.base import Backend, checked_recording
from vtc_r1.backends.choose import backend_named, choose
from vtc_r1.closed import closed
from vtc_r1.configuration import (
    VERIFY,
    Budget,
    Configuration,
    Limits,
    ModelRecord,
    Named,
    Sampling,
    checked,
    settable,
)
from vtc_r1.errors import UnknownName, UnsupportedQuestion
from vtc_r1.fitted import fitted
from vtc_r1.interface import SolverInterface
from vtc_r1.iteration import PageRecord
from vtc_r1.loop import Loop
from vtc_r1.memory import Costs, MemoryFactory, Policy, Terms, memory_policy
from vtc_r1.memory.density import density as density_named
from vtc_r1.memory.legibility import load_legibility
from vtc_r1.plugins import versions_of
from vtc_r1.presets import NOT_KNOWN
from vtc_r1.presets import preset as preset_named
from vtc_r1.prompts import PromptSet
from vtc_r1.questions import check_question
from vtc_r1.renderers import Profile
from vtc_r1.segments import segment_end as segment_end_named
from vtc_r1.tokens import known_tokenizer
from vtc_r1.trace import DocumentRecord, Trace, versions
from vtc_r1.trained import TrainedFor, suited
from vtc_r1.waits import Waits

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class Solver(SolverInterface):
    """Solves questions with one model, one memory policy and one set of parameters.

    Threads and event loops may share a solver. Close it at the end, by `with` or `close`; after that, and
    in a forked process, its methods raise UsageError. It cannot be pickled: every process creates its own.

    Args:
        base_url: `/v1` address of a server, or of several that serve the same model: a sequence, or
            comma-separated; None for a model in this process.
        model: name on the server, or a checkpoint's folder or hub id; None for the embedded model.
        backend: your own Backend, or the name of one, instead of `base_url` and `client`.
        client: your own `AsyncOpenAI`; it is used unchanged and not closed.
        stream: stream segments from the server.
        server_wait: seconds to wait for a server that went away; 180 by default.
        preset: name of a preset, if neither the checkpoint nor the model's name implies it.
        memory: a memory policy as `name`, `module:Class` or either with `:key=value,…`, or a function that
            creates one; by default what the checkpoint was trained with, else `optical`.
        legibility: a result of `vtc-r1 probe`, or a safe type size such as 0.85: the density and
            the policy `auto` follow it.
        segment_end: where a segment ends, by name; the default follows the checkpoint too, else `limit`.
        density: how dense a page is, likewise; else `fixed`, or `safe` with `legibility`.
        canary: write a code on every page, which the model repeats; a misread page is shown in another form.
        verify: what to do with values quoted from pages: `off`, `mark` (the default) or `mend`.
        profile: render profile; the preset's by default.
        prompts: prompt set, by name or folder; the preset's by default.
        system_file: system prompt that replaces the prompt set's.
        sampling: parameters that override the preset's, such as `{"temperature": 0.6}`.
        seed: seed of the sampler; by default drawn and recorded if sampling is random.
        record_tokens: record every segment's tokens as sampled, with their log-probabilities; for training.
        patience: former name of `server_wait`; it will be removed.
        limits: limits of the budget, named as in `Limits`: `max_iterations`, `segment_tokens`, `max_tokens`,
            `max_seconds`, `segment_seconds`, `memory_tokens`; the fields of `Budget` say what they mean.
            Loading the model, which comes before a solve, does not count.

    Raises:
        UsageError: an argument is invalid.
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
        server_wait: float | None = None,
        preset: str | None = None,
        memory: str | MemoryFactory | None = None,
        legibility: str | Path | float | None = None,
        segment_end: str | None = None,
        density: str | None = None,
        canary: bool | None = None,
        verify: str | None = None,
        profile: Profile | str | Path | None = None,
        prompts: str | Path | None = None,
        system_file: str | Path | None = None,
        sampling: dict[str, Any] | None = None,
        seed: int | None = None,
        record_tokens: bool = False,
        patience: float | None = None,
        **limits: Unpack[Limits],
    ) -> None:
        super().__init__()
        if patience is not None:
            warnings.warn("Solver(patience=…) is now server_wait=…", DeprecationWarning, stacklevel=2)
            server_wait = patience if server_wait is None else server_wait
        if isinstance(backend, str):
            backend = backend_named(backend, base_url, model, client, stream, server_wait)
        self.backend = backend or choose(base_url, model, client, stream, server_wait)
        self.record_tokens = checked_recording(self.backend, record_tokens)
        told: TrainedFor | None = getattr(self.backend, "trained_for", None)
        preset = preset or getattr(self.backend, "preset", None)
        self.preset = preset_named(preset, trusted=True) if preset else fitted(self.backend.model, told)
        if (accept := getattr(self.backend, "accept", None)) is not None:
            accept(closed().of_preset(self.preset.name))
        self.sampling = checked(
            Sampling, {**self.preset.sampling.model_dump(), **(sampling or {}), "seed": seed}
        )
        self.budget = _budget(self.preset.budget, limits)
        known = told or TrainedFor()
        # A checkpoint may come from anywhere, so no name in it may import a module.
        drawn = self.preset.drawn(profile)
        read = None if legibility is None else load_legibility(legibility, drawn)
        self.renderer = density_named(
            density or suited("fixed" if read is None else "safe", known.densities),
            drawn,
            trusted=density is not None,
            legibility=read,
        )
        ends = segment_end or suited("limit", known.segment_ends)
        self.segment_end = segment_end_named(ends, trusted=segment_end is not None)
        own = Path(system_file) if system_file else None
        self.prompts = PromptSet(prompts or self.preset.prompts, own, canary=bool(canary))
        self.verify = verify or "mark"
        if self.verify not in VERIFY:
            raise UnknownName("verification", self.verify, VERIFY)
        rate = self.preset.characters_per_token
        model = str(getattr(self.backend, "checkpoint", self.backend.model))
        self.costs = Costs(rate, None if rate else known_tokenizer(model))
        self._legibility = None if read is None else Named(name=read.name, sha256=read.sha256)
        self._terms = Terms(self.budget.memory_tokens, rate, read, self.costs.tokenizer)
        self._remember(memory or suited("optical", known.memory), trusted=memory is not None)

    @property
    def configuration(self) -> Configuration:
        """Everything that determines a solve; its seed is None if each solve draws its own."""
        profile = self.renderer.profile
        return Configuration(
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
            canary=self.prompts.canary,
            verify=self.verify,
            prompts=Named(name=self.prompts.name, sha256=self.prompts.sha256),
            profile=Named(name=profile.name, sha256=profile.sha256),
            sampling=self.sampling,
            budget=self.budget,
        )

    def matches(self, trace: Trace) -> bool:
        """Return whether this solver could have made `trace`: equal settings, and equal weights if known."""
        made = trace.configuration
        return self.configuration.agreeing_with(made) == made

    def made(self, trace: Trace) -> bool:
        """Return whether this solver could have made `trace`: the former name of `matches`."""
        warnings.warn("Solver.made is now Solver.matches", DeprecationWarning, stacklevel=2)
        return self.matches(trace)

    def skeleton(self, question: str, index: int | None = None, seed: int | None = None) -> Trace:
        """Return the record of a solve that has not begun."""
        configuration, sampling = self.configuration, self.sampling
        if seed is not None:
            sampling = checked(Sampling, {**sampling.model_dump(), "seed": seed})
        if sampling.seed is None and sampling.temperature and self.preset.is_known:
            sampling = sampling.model_copy(update={"seed": random.SystemRandom().getrandbits(31)})
        decided = {**dict(configuration), "sampling": sampling}
        made_by = versions() | versions_of(*self._brought)
        trace = Trace(**decided, question=question, status="cancelled", versions=made_by, index=index)
        return trace.model_copy(update={"warnings": self.warnings(trace)})

    def warnings(self, trace: Trace) -> list[str]:
        """List where a solve went beyond what its model was trained for, or lost text, a sentence each."""
        trained = getattr(self.backend, "trained_for", None) or self.preset.trained_for()
        doubts = getattr(self.backend, "doubts", None)
        return [
            *([] if trained is None else trained.outside(trace)),
            *([] if doubts is None else doubts(trace.sampling)),
            *self.renderer.doubts([each.kept for each in trace.iterations if each.kept and each.pages]),
            *([] if self.preset.is_known else [NOT_KNOWN.format(model=self.backend.model)]),
        ]

    def changed(
        self,
        sampling: dict[str, Any],
        budget: dict[str, Any],
        memory: str | None = None,
        prompts: PromptSet | None = None,
    ) -> "Solver":
        """Return a solver on the same backend with other parameters; it need not be closed.

        Args:
            sampling: fields of `Sampling`.
            budget: fields of `Budget`.
            memory: name of another memory policy; no module is imported for it.
            prompts: another prompt set.

        Raises:
            UsageError: a value is invalid.
            UnknownName: no policy has that name.
        """
        other = copy.copy(self)
        other.prompts = prompts or self.prompts
        if memory is not None:
            other._remember(memory)
        other.sampling = checked(Sampling, {**self.sampling.model_dump(), **sampling})
        other.budget = checked(Budget, {**self.budget.model_dump(), **budget})
        return other

    def follow(self, memory: str) -> None:
        """Set a policy with the option `equal`, whose token limits come with each question.

        Raises what `Solver` raises.
        """
        self._terms = replace(self._terms, limits=())
        self._remember(memory, trusted=True)

    @property
    def waiting(self) -> str | None:
        """What the backend waits for, in one line, such as an unavailable server; None if it works."""
        waits: Waits | None = getattr(self.backend, "waits", None)
        return None if waits is None else waits.message()

    def __copy__(self) -> "Solver":
        """Return a solver that shares everything with this one, including its lifetime."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        return other

    def __repr__(self) -> str:
        backend = self.backend
        return f"Solver(model={backend.model!r}, backend={backend.name!r}, memory={self._memory_name!r})"

    def _remember(self, memory: str | MemoryFactory, *, trusted: bool = False) -> None:
        """Set a memory policy, with this solver's limits."""
        if isinstance(memory, str):
            memory = memory_policy(memory, self._terms, trusted=trusted)
        self.new_memory = memory
        made = memory(self.renderer)
        self.prompts.check_templates(made.name, getattr(made, "templates", ()))
        self._memory_name, self._documents = made.name, made.documents
        parts = (made, self.segment_end, self.renderer, self.backend)
        self._brought = (self.preset, *map(type, parts))

    def begin(
        self,
        question: str,
        index: int | None = None,
        seed: int | None = None,
        attached: Attachments = NOTHING,
        memory_limits: Sequence[int] | None = None,
        form: AnswerForm | None = None,
    ) -> Loop:
        """Return one solve: `iterate` runs it, `trace` is its record so far; raises UsageError."""
        self._lifetime.check()
        new_memory = self.new_memory
        if memory_limits is not None and isinstance(new_memory, Policy):
            new_memory = new_memory.within(memory_limits)
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
            new_memory(self.renderer),
            end=self.segment_end,
            costs=self.costs,
            drawing=self._drawing,
            attached=attached,
            form=form,
            records=self.record_tokens,
            renderer=self.renderer,
            warnings=lambda trace: [*doubts, *self.warnings(trace)],
        )

    def check_attached(self, attached: Attachments) -> None:
        """Check that the model can take what comes with a question, under the memory policy.

        Raises:
            UnsupportedQuestion: the model takes no pictures and no earlier turns.
            DocumentError: a scan would have to be shown as text.
        """
        if self.preset.bare and attached.kinds:
            raise UnsupportedQuestion(
                f"model {self.backend.model} takes one question of text; leave out the {attached.kinds}"
            )
        if self._documents == "text":
            for document in attached.documents:
                document.check_text()


def _budget(preset: Budget, limits: Limits) -> Budget:
    """Return a preset's budget with the given limits, by the names of their settings."""
    fields = {each.name: field for field, each in settable(Budget)}
    if unknown := limits.keys() - fields.keys():
        raise TypeError(f"Solver() got an unexpected keyword argument {min(unknown)!r}")
    given = {fields[name]: value for name, value in limits.items() if value is not None}
    return checked(Budget, {**preset.model_dump(), **given})
