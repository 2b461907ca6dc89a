"""What `vtc-r1 tune` does: an objective, a strategy, a search, a folder, and what is printed of them."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from vtc_r1.backends.base import Backend
from vtc_r1.cli.probe.reader import ReaderFlags, chosen_reader, texts_of
from vtc_r1.cli.terminal.loading import loading
from vtc_r1.cli.terminal.notices import waits_of
from vtc_r1.cli.tune.output import TuneOutput
from vtc_r1.errors import StorageError, UnknownName, UsageError
from vtc_r1.eval.probe import TesseractReader
from vtc_r1.eval.probe.tesseract import installed
from vtc_r1.eval.tune import (
    Legibility,
    Objective,
    Search,
    Space,
    TuneFolder,
    TuneResult,
    TuneSetup,
    conclude,
)
from vtc_r1.eval.tune.history import READINGS
from vtc_r1.eval.tune.space import read_space
from vtc_r1.eval.tune.strategies import (
    STRATEGIES,
    Evolution,
    LlmSearch,
    ModelProposer,
    RandomSearch,
    Strategy,
    Terms,
)
from vtc_r1.portal import Portal
from vtc_r1.presets import under
from vtc_r1.renderers import load_profile
from vtc_r1.settings import Settings
from vtc_r1.solver import Solver

OBJECTIVES = ("legibility", "accuracy")
READERS = ("model", "tesseract")
_MEANINGLESS = ("digits", "characters", "formulas")
"""Kinds of text that tesseract reads by default: no reader guesses them, and one has newlines."""


@dataclass(frozen=True)
class TuneFlags:
    """The flags of the command; lists are still as they were written."""

    settings: Settings
    strategy: str
    evaluations: int
    per_round: int
    target: float
    space: Path | None
    vary: tuple[str, ...]
    proposer: tuple[str | None, str | None]
    seed: int
    objective: str
    reader: str | None
    prompt: str | None
    kinds: str | None
    pages: int
    benchmark: str | None
    limit: int
    file: Path | None
    column: str
    out: Path
    concurrency: int | None


@dataclass(frozen=True)
class _Measuring:
    """An objective, how much it looks at, of all and of the better half, the usual profile, and who reads."""

    objective: Objective
    sizes: tuple[int, ...]
    profile: str
    backend: Backend | None = None
    family: str | None = None


def run_tune(flags: TuneFlags, *, as_json: bool, quiet: bool) -> int:
    """Search, print, store; return the exit code."""
    _check(flags)
    output = TuneOutput(as_json=as_json, quiet=quiet)
    with ExitStack() as opened:
        portal = Portal()
        measuring = _measuring(flags, portal, opened, quiet)
        base = load_profile(flags.settings.profile or measuring.profile)
        base = base if measuring.family is None else under(base, measuring.family)
        space = Space.of(base, read_space(flags.space, flags.vary))
        terms = Terms(space, base, flags.target, measuring.objective.units)
        strategy, proposer = _strategy(flags, terms, portal, opened, quiet)
        setup = TuneSetup(
            strategy=" ".join(filter(None, (strategy.name, strategy.identity))),
            seed=flags.seed,
            round=flags.per_round,
            sizes=measuring.sizes,
            target=flags.target,
            base=base,
            space=space,
            objective=measuring.objective.identity,
        )
        folder = opened.enter_context(TuneFolder(flags.out, setup))
        with output.watching(flags.out, waits_of(measuring.backend, proposer)) as watch:
            search = Search(terms, strategy, measuring.objective, folder, setup, flags.evaluations, watch)
            search.run()
        try:
            result, missing = conclude(search)
        except StorageError:
            output.show(TuneResult.of(search), None, None)
            raise
    portal.close()
    output.show(result, flags.out, missing)
    return 0 if result.met and result.complete else 1


def _check(flags: TuneFlags) -> None:
    """Refuse names that are none, before anything is loaded."""
    for kind, name, known in (
        ("strategy", flags.strategy, STRATEGIES),
        ("objective", flags.objective, OBJECTIVES),
        ("reader", flags.reader or READERS[0], READERS),
    ):
        if name not in known:
            raise UnknownName(kind, name, known)
    url, model = flags.proposer
    if flags.strategy == "llm" and not (url or model):
        raise UsageError("--strategy llm needs who proposes: give --proposer-url and --proposer-model")
    if flags.strategy != "llm" and (url or model):
        raise UsageError("--proposer-url and --proposer-model belong to --strategy llm")


def _measuring(flags: TuneFlags, portal: Portal, opened: ExitStack, quiet: bool) -> _Measuring:
    if flags.benchmark and flags.objective != "accuracy":
        raise UsageError("--benchmark belongs to --objective accuracy: add it, or drop --benchmark")
    if flags.objective == "accuracy":
        return _accuracy(flags)
    settings = flags.settings
    unnamed = flags.reader is None and not (settings.base_url or settings.model) and installed()
    program = "tesseract" if unnamed or flags.reader == "tesseract" else None
    read = ReaderFlags(settings, program, flags.prompt, flags.kinds, flags.file, flags.column)
    by = chosen_reader(read)
    opened.callback(lambda: portal.call(by.reader.aclose()))
    with loading(by.backend, quiet=quiet):
        portal.call(by.reader.check())
    if isinstance(by.reader, TesseractReader):
        by = replace(by, kinds=_MEANINGLESS)
    objective = Legibility(
        texts_of(read, by),
        by.reader,
        flags.out / READINGS,
        seed=flags.seed,
        portal=portal,
        concurrency=flags.concurrency,
    )
    sizes = (1,) if flags.pages == 1 else (1, flags.pages)
    return _Measuring(objective, sizes, by.profile, by.backend, by.family)


def _accuracy(flags: TuneFlags) -> _Measuring:
    from vtc_r1.eval.load import load
    from vtc_r1.eval.tune.accuracy import Accuracy
    from vtc_r1.faces import CONCURRENCY

    if flags.reader or flags.prompt or flags.kinds:
        raise UsageError("--reader, --prompt and --kinds belong to --objective legibility")
    settings = flags.settings.model_copy(update={"seed": flags.seed})
    solver = Solver(base_url=settings.base_url, model=settings.model, preset=settings.preset)
    solver.close()
    loaded = load(flags.benchmark or "arithmetic", file=flags.file)
    objective = Accuracy(settings, loaded, flags.out / "solved", concurrency=flags.concurrency or CONCURRENCY)
    most = min(flags.limit, len(loaded.problems))
    return _Measuring(
        objective, tuple(sorted({-(-most // 4), most})), solver.preset.profile, None, solver.preset.family
    )


def _strategy(
    flags: TuneFlags, terms: Terms, portal: Portal, opened: ExitStack, quiet: bool
) -> tuple[Strategy, Backend | None]:
    """Return what proposes, and the model that it asks, if any."""
    if flags.strategy == "random":
        return RandomSearch(terms), None
    if flags.strategy == "evolution":
        return Evolution(terms), None
    url, model = flags.proposer
    backend = Solver(base_url=url, model=model).backend
    opened.callback(lambda: portal.call(backend.aclose()))
    with loading(backend, quiet=quiet):
        portal.call(backend.check())
    return LlmSearch(terms, ModelProposer(backend, portal)), backend
