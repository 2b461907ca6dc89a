"""What `vtc-r1 tune` does: an objective, a strategy, a search, a folder, and what is printed of them."""

from contextlib import ExitStack
from dataclasses import dataclass, replace

from vtc_r1.backends.base import Backend
from vtc_r1.cli.probe.reader import chosen_reader, texts_of
from vtc_r1.cli.terminal.loading import loading
from vtc_r1.cli.terminal.notices import waits_of
from vtc_r1.cli.tune.flags import TuneFlags
from vtc_r1.cli.tune.output import TuneOutput
from vtc_r1.errors import StorageError, UnknownName, UsageError
from vtc_r1.eval import tune
from vtc_r1.eval.load import load
from vtc_r1.eval.probe import TesseractReader
from vtc_r1.eval.probe.tesseract import installed
from vtc_r1.eval.tune import strategies
from vtc_r1.eval.tune.history import READINGS
from vtc_r1.eval.tune.objective import Accuracy
from vtc_r1.eval.tune.space import read_space
from vtc_r1.interface import CONCURRENCY
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
class _Measuring:
    """An objective, how much it looks at, of all and of the better half, the usual profile, and who reads."""

    objective: tune.Objective
    sizes: tuple[int, ...]
    profile: str
    backend: Backend | None = None
    family: str | None = None


def run_tune(asked: TuneFlags) -> int:
    """Search, print, store; return the exit code."""
    settings = Settings.load(**asked.flags, profile=asked.profile)
    _check(asked)
    output = TuneOutput(as_json=asked.as_json, quiet=asked.quiet)
    with ExitStack() as opened:
        portal = Portal()
        measuring = _measuring(asked, settings, portal, opened)
        base = load_profile(settings.profile or measuring.profile)
        base = base if measuring.family is None else under(base, measuring.family)
        space = tune.Space.of(base, read_space(asked.space, asked.vary or ()))
        terms = strategies.SearchTerms(space, base, asked.target, measuring.objective.units)
        strategy, proposer = _strategy(asked, terms, portal, opened)
        setup = tune.TuneSetup(
            strategy=" ".join(filter(None, (strategy.name, strategy.identity))),
            seed=asked.seed,
            round=asked.per_round,
            sizes=measuring.sizes,
            target=asked.target,
            base=base,
            space=space,
            objective=measuring.objective.identity,
        )
        folder = opened.enter_context(tune.TuneFolder(asked.out, setup))
        with output.watching(asked.out, waits_of(measuring.backend, proposer)) as watch:
            search = tune.Search(
                terms, strategy, measuring.objective, folder, setup, asked.evaluations, watch
            )
            search.run()
        try:
            result, missing = tune.conclude(search)
        except StorageError:
            output.show(tune.TuneResult.of(search), None, None)
            raise
    portal.close()
    output.show(result, asked.out, missing)
    return 0 if result.met and result.complete else 1


def _check(asked: TuneFlags) -> None:
    """Refuse names that are none, before anything is loaded."""
    for kind, name, known in (
        ("strategy", asked.strategy, strategies.STRATEGIES),
        ("objective", asked.objective, OBJECTIVES),
        ("reader", asked.reader or READERS[0], READERS),
    ):
        if name not in known:
            raise UnknownName(kind, name, known)
    url, model = asked.proposer_url, asked.proposer_model
    if asked.strategy == "llm" and not (url or model):
        raise UsageError("--strategy llm needs who proposes: give --proposer-url and --proposer-model")
    if asked.strategy != "llm" and (url or model):
        raise UsageError("--proposer-url and --proposer-model belong to --strategy llm")


def _measuring(asked: TuneFlags, settings: Settings, portal: Portal, opened: ExitStack) -> _Measuring:
    if asked.benchmark and asked.objective != "accuracy":
        raise UsageError("--benchmark belongs to --objective accuracy: add it, or drop --benchmark")
    if asked.objective == "accuracy":
        return _accuracy(asked, settings)
    unnamed = asked.reader is None and not (settings.base_url or settings.model) and installed()
    program = "tesseract" if unnamed or asked.reader == "tesseract" else None
    by = chosen_reader(asked, settings, program)
    opened.callback(lambda: portal.call(by.reader.aclose()))
    with loading(by.backend, quiet=asked.quiet):
        portal.call(by.reader.check())
    if isinstance(by.reader, TesseractReader):
        by = replace(by, kinds=_MEANINGLESS)
    objective = tune.Legibility(
        texts_of(asked, by),
        by.reader,
        asked.out / READINGS,
        seed=asked.seed,
        portal=portal,
        concurrency=asked.concurrency,
    )
    sizes = (1,) if asked.pages == 1 else (1, asked.pages)
    return _Measuring(objective, sizes, by.profile, by.backend, by.family)


def _accuracy(asked: TuneFlags, settings: Settings) -> _Measuring:
    if asked.reader or asked.prompt or asked.kinds:
        raise UsageError("--reader, --prompt and --kinds belong to --objective legibility")
    settings = settings.model_copy(update={"seed": asked.seed})
    solver = Solver(base_url=settings.base_url, model=settings.model, preset=settings.preset)
    solver.close()
    loaded = load(asked.benchmark or "arithmetic", file=asked.file)
    objective = Accuracy(settings, loaded, asked.out / "solved", concurrency=asked.concurrency or CONCURRENCY)
    most = min(asked.limit, len(loaded.problems))
    return _Measuring(
        objective, tuple(sorted({-(-most // 4), most})), solver.preset.profile, None, solver.preset.family
    )


def _strategy(
    asked: TuneFlags, terms: strategies.SearchTerms, portal: Portal, opened: ExitStack
) -> tuple[strategies.Strategy, Backend | None]:
    """Return what proposes, and the model that it asks, if any."""
    if asked.strategy == "random":
        return strategies.RandomSearch(terms), None
    if asked.strategy == "evolution":
        return strategies.Evolution(terms), None
    url, model = asked.proposer_url, asked.proposer_model
    backend = Solver(base_url=url, model=model).backend
    opened.callback(lambda: portal.call(backend.aclose()))
    with loading(backend, quiet=asked.quiet):
        portal.call(backend.check())
    return strategies.LlmSearch(terms, strategies.ModelProposer(backend, portal)), backend
