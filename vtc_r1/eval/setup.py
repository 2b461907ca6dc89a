"""The runs of a command: every benchmark under every memory policy, with its folder, solver and seeds."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.attachments import Attachments
from vtc_r1.backends.base import Backend
from vtc_r1.configuration import Budget
from vtc_r1.documents import show
from vtc_r1.errors import ContextOverflow, UnknownName, UnsupportedQuestion, UsageError
from vtc_r1.eval.benchmark import Benchmark
from vtc_r1.eval.equal import REFERENCE, is_equal, with_equal_tokens
from vtc_r1.eval.load import LoadedBenchmark
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Run, RunFolder
from vtc_r1.eval.runs.folder import RUN
from vtc_r1.eval.runs.writer import check_same, stored_run
from vtc_r1.generation import check_context
from vtc_r1.loop import FORCED_TOKENS
from vtc_r1.memory import carries, memory_policy
from vtc_r1.settings import Settings
from vtc_r1.solver import Solver
from vtc_r1.spec import listed


@dataclass(frozen=True)
class Selection:
    """The selected problems of a command."""

    limit: int | None = None  #: number of first problems of each benchmark; None for all
    only: tuple[str, ...] = ()  #: ids of the selected problems; empty for all

    def check(self, benchmarks: Sequence[Sequence[Problem]]) -> None:
        """Raise UnknownName for an id that no benchmark has."""
        known = {problem.id for problems in benchmarks for problem in problems}
        for name in self.only:
            if name not in known:
                raise UnknownName("problem", name, known)

    def of(self, problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """Return the selected problems, in the benchmark's order."""
        wanted = [problem for problem in problems if not self.only or problem.id in self.only]
        return tuple(wanted[: self.limit])


EVERYTHING = Selection()  #: all problems


@dataclass(frozen=True)
class Setup:
    """One run before it starts."""

    folder: Path  #: its folder, which may not exist yet
    loaded: LoadedBenchmark  #: the benchmark
    problems: tuple[Problem, ...]  #: the selected problems
    solver: Solver  #: a solver with the run's configuration
    run: Run  #: its configuration and extent
    reference: Path | None = None  #: folder of the run whose tokens its memory gets, None if it has its own


@dataclass(frozen=True)
class RunRequest:
    """The runs that one command asks for."""

    settings: Settings  #: settings of the solves; `memory` may name several policies, separated by commas
    out: Path  #: the folder of the runs
    selection: Selection = EVERYTHING  #: the selected problems
    samples: int | None = None  #: solves of each problem, None for the benchmark's default
    budget: int | None = None  #: generated tokens per solve under every policy, including the forced answer
    equal_tokens: bool = False  #: every policy's memory gets the tokens that optical memory spent

    @property
    def memories(self) -> list[str]:
        """The distinct memory policies, normalised; with equal tokens, optical memory comes first."""
        given = "memory" in self.settings.model_fields_set
        policies = [memory_policy(spec, trusted=given) for spec in listed(self.settings.memories)]
        names = with_equal_tokens(policies) if self.equal_tokens else (one.name for one in policies)
        return list(dict.fromkeys(names))

    def setups(
        self, benchmarks: Sequence[LoadedBenchmark], backend: Backend | None = None
    ) -> Iterator[Setup]:
        """Yield the runs; all share one backend, by default that of the settings.

        Raises:
            UsageError: a setting does not fit, or a folder holds a run with another configuration.
            StorageError: a folder holds something else.
        """
        self.selection.check([loaded.problems for loaded in benchmarks])
        if self.budget is not None and self.settings.max_tokens is not None:
            raise UsageError("--budget and --max-tokens are both given: keep one")
        if not self.memories:
            raise UsageError(f"--memory {self.settings.memory!r} names no memory policy")
        for loaded in benchmarks:
            problems = self.selection.of(loaded.problems)
            if not problems:
                continue
            seed = self._seed(loaded.benchmark)
            for memory in self.memories:
                solver = self.solver(loaded.benchmark, memory, backend)
                backend = solver.backend
                yield self._setup(loaded, problems, memory, solver, seed)

    def solver(self, benchmark: Benchmark, memory: str, backend: Backend | None = None) -> Solver:
        """Make the solver of a run: flags override the benchmark, which overrides the model's preset."""
        arguments = self.settings.solver_arguments()
        if arguments["prompts"] is None and benchmark.prompts != "model":
            arguments["prompts"] = benchmark.prompts
        sampling = {**benchmark.sampling, **arguments["sampling"]}
        arguments |= {"memory": memory, "sampling": sampling, "seed": None}
        follows = self.equal_tokens and is_equal(memory)
        if follows:
            arguments["memory"] = REFERENCE
        if backend is not None:
            arguments["backend"] = backend
        solver = Solver(**arguments)
        if follows:
            solver.follow(memory)
        if self.budget is not None:
            # A policy with a single iteration is never asked for a forced answer, so it reserves no tokens.
            forces = solver.new_memory(solver.renderer).max_iterations is None
            solver.budget = within(
                solver.budget,
                self.budget,
                forces=forces,
                more_iterations=self.settings.max_iterations is None,
            )
        return solver

    def folder(self, benchmark: Benchmark, memory: str) -> Path:
        """Return the folder of a run."""
        return self.out / benchmark.name / memory.replace(":", "-")

    def _setup(
        self,
        loaded: LoadedBenchmark,
        problems: tuple[Problem, ...],
        memory: str,
        solver: Solver,
        seed: int,
    ) -> Setup:
        """Prepare one run; by default its seed is the stored one."""
        folder = self.folder(loaded.benchmark, memory)
        greedy = solver.sampling.temperature == 0
        if greedy and (self.samples or 1) > 1:
            raise UsageError(
                f"--samples {self.samples}: sampling is greedy (temperature 0), so every sample would be the "
                "same; drop --samples, or give --temperature"
            )
        _check_questions(solver, problems)
        stored = stored_run(folder)
        kept = stored.seed if stored and self.settings.seed is None else None
        run = Run(
            **dict(solver.configuration),
            benchmark=loaded.benchmark,
            revision=loaded.revision,
            fingerprint=loaded.fingerprint,
            problems=len(problems),
            samples=1 if greedy else self.samples or loaded.benchmark.samples,
            seed=None if greedy else kept if kept is not None else seed,
        )
        check_same(folder, run)
        follows = self.equal_tokens and is_equal(memory)
        reference = self.folder(loaded.benchmark, self.memories[0]) if follows else None
        return Setup(folder, loaded, problems, solver, run, reference)

    def _seed(self, benchmark: Benchmark) -> int:
        """Choose the base seed: the given one, or that of another policy's run, which keeps runs paired."""
        if self.settings.seed is not None:
            return int(self.settings.seed)
        neighbours = sorted((self.out / benchmark.name).glob(f"*/{RUN}"))
        seeds = (RunFolder(path.parent).run.seed for path in neighbours)
        return next((seed for seed in seeds if seed is not None), drawn_seed())


def check_documents(setup: Setup) -> None:
    """Check that the model's context holds the longest documents of a run.

    Raises UsageError. Nothing is checked if the backend does not know the context length.
    """
    solver, problems = setup.solver, [problem for problem in setup.problems if problem.context]
    context = solver.backend.context
    if context is None or not problems:
        return
    longest = max(problems, key=lambda problem: sum(len(each.text) for each in problem.context))
    memory = solver.new_memory(solver.renderer)
    form = memory.documents
    shown = [show(document, form, solver.renderer, solver.costs.rate) for document in longest.documents]
    prompt = solver.prompts.render(
        longest.question, (), iteration=0, carries=carries(memory), documents=shown
    )
    tokens, model = solver.budget.segment_tokens, solver.backend.model
    try:
        check_context(prompt, shown, context, segment_tokens=tokens, model=model)
    except ContextOverflow as overflow:
        raise UsageError(
            f"{setup.loaded.benchmark.name}: problem {longest.id} under {setup.run.memory}: {overflow}; "
            "--limit selects the first problems only"
        ) from overflow


def within(budget: Budget, tokens: int, *, forces: bool, more_iterations: bool) -> Budget:
    """Return a budget with `tokens` generated tokens in total.

    Args:
        budget: the budget to start from.
        tokens: limit of generated tokens per solve.
        forces: whether a spent budget is followed by a forced answer, whose tokens are reserved.
        more_iterations: whether iterations may be raised so that they do not end the solve first.

    Raises UsageError if no tokens would be left.
    """
    aside = min(FORCED_TOKENS, budget.segment_tokens) if forces else 0
    if tokens <= aside:
        raise UsageError(
            f"--budget {tokens}: {aside} of these are reserved for the forced answer; give more, or smaller "
            "--segment-tokens"
        )
    enough = -(-tokens // budget.segment_tokens)
    iterations = max(budget.iterations, enough) if more_iterations else budget.iterations
    return budget.model_copy(update={"tokens": tokens - aside, "iterations": iterations})


def _check_questions(solver: Solver, problems: Sequence[Problem]) -> None:
    """Raise UnsupportedQuestion for the first problem that the model does not support."""
    for problem in problems:
        try:
            solver.check_attached(Attachments(documents=problem.documents))
            solver.preset.ask(problem.question, problem.documents)
        except UnsupportedQuestion as error:
            raise UnsupportedQuestion(f"problem {problem.id}: {error}") from error


_BITS = 31


def drawn_seed() -> int:
    """Draw a base seed."""
    return random.SystemRandom().getrandbits(_BITS)


def sample_seed(base: int, problem: str, sample: int) -> int:
    """Return the seed of a sample, independent of other samples and their order."""
    digest = hashlib.sha256(f"{base}:{sample}:{problem}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - _BITS)
