"""Who reads pages, and which texts: what `vtc-r1 probe` and `vtc-r1 tune` have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vtc_r1.backends.base import Backend
from vtc_r1.cli.probe.flags import ProbeFlags
from vtc_r1.cli.tune.flags import TuneFlags
from vtc_r1.errors import UsageError
from vtc_r1.eval.probe import PAGES, ModelReader, PpocrReader, Reader, TesseractReader, TextKind, text_kinds
from vtc_r1.eval.probe.instructions import instructions
from vtc_r1.eval.probe.model_reader import MOST_TOKENS
from vtc_r1.eval.probe.texts.solutions import solutions
from vtc_r1.settings import Settings
from vtc_r1.solver import Solver

_SMALL_PAGES = 64  #: pages of every point with the embedded model, whose pages hold a few words
_AT_ONCE = {"embedded": 32}
_EVERYTHING = ("digits", "characters", "hex", "words", "formulas", "prose")
_ALPHABET = ("digits", "characters")
_PROGRAMS: dict[str, Callable[[], Reader]] = {"tesseract": TesseractReader, "ppocr": PpocrReader}
Asked = ProbeFlags | TuneFlags


@dataclass(frozen=True)
class ChosenReader:
    """A reader, its defaults, and the model that it asks, if any."""

    reader: Reader
    profile: str
    kinds: Sequence[str]
    pages: int
    backend: Backend | None = None
    family: str | None = None


def chosen_reader(
    asked: Asked, settings: Settings, program: str | None, most_tokens: int = MOST_TOKENS
) -> ChosenReader:
    """Make the reader that is asked for: a program, else the model."""
    if program is not None:
        refused = {"--base-url": settings.base_url, "--model": settings.model, "--prompt": asked.prompt}
        for flag, value in refused.items():
            if value:
                raise UsageError(f"--reader {program} is not a model: drop {flag} (or its VTC_ variable)")
        return ChosenReader(_PROGRAMS[program](), "default", _EVERYTHING, PAGES)
    solver = Solver(
        base_url=settings.base_url, model=settings.model, preset=settings.preset, stream=settings.stream
    )
    asks = instructions(asked.prompt, solver.backend.model)
    reader = ModelReader(
        solver.backend,
        asks,
        most_tokens=most_tokens,
        concurrency=_AT_ONCE.get(solver.backend.name, 8),
    )
    is_small = solver.preset.name == "nano"
    return ChosenReader(
        reader,
        asks.profile or solver.preset.profile,
        _ALPHABET if is_small else _EVERYTHING,
        _SMALL_PAGES if is_small else PAGES,
        solver.backend,
        solver.preset.family,
    )


def texts_of(asked: Asked, by: ChosenReader) -> list[TextKind]:
    """Look up the kinds of text that are asked for, else those that the reader is given."""
    given = solutions(asked.file, asked.column) if asked.file else None
    names = [*by.kinds] if asked.kinds is None else words_of(asked.kinds, "--kinds")
    return text_kinds([*names, *(["solutions"] if given else [])], given)


def words_of(listed: str, flag: str) -> list[str]:
    """Split a list with commas; raises UsageError where it names nothing."""
    found = [word.strip() for word in listed.split(",") if word.strip()]
    if not found:
        raise UsageError(f"{flag} names nothing; leave it out for the usual")
    return found
