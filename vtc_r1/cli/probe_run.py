"""What `vtc-r1 probe` does: a reader, a probe, a folder, and what is printed of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtc_r1.backends.base import Backend
from vtc_r1.cli.probe_output import ProbeOutput
from vtc_r1.cli.terminal.loading import loading
from vtc_r1.cli.terminal.telling import waits_of
from vtc_r1.errors import MissingExtra, StorageError, UnknownName, UsageError, VtcError
from vtc_r1.eval.probe import (
    PAGES,
    TASKS,
    ModelReader,
    PpocrReader,
    Probe,
    ProbeFolder,
    ProbeResult,
    Reader,
    Task,
    TesseractReader,
    TextKind,
    text_kinds,
)
from vtc_r1.eval.probe.instructions import instructions
from vtc_r1.eval.probe.model_reader import MOST_TOKENS
from vtc_r1.eval.probe.plot import figures
from vtc_r1.eval.probe.texts.solutions import solutions
from vtc_r1.portal import Portal
from vtc_r1.renderers import Profile, load_profile
from vtc_r1.renderers.variants import variant
from vtc_r1.settings import Settings
from vtc_r1.solver import Solver

_SMALL_PAGES = 64
"""Pages of every point with the embedded model, whose pages hold a few words."""
_AT_ONCE = {"embedded": 32}
_EVERYTHING = ("digits", "characters", "hex", "words", "formulas", "prose")
_ALPHABET = ("digits", "characters")
_PROGRAMS: dict[str, Callable[[], Reader]] = {"tesseract": TesseractReader, "ppocr": PpocrReader}
_FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Asked:
    """The flags of the command; lists are still as they were written."""

    settings: Settings
    program: str | None
    prompt: str | None
    max_tokens: int | None
    kinds: str | None
    tasks: str | None
    scales: str | None
    pages: int | None
    seed: int
    file: Path | None
    column: str
    out: Path | None
    concurrency: int | None


@dataclass(frozen=True)
class Reading:
    """A reader, what it is given unless told otherwise, and the model that it asks, if any."""

    reader: Reader
    profile: str
    kinds: Sequence[str]
    pages: int
    backend: Backend | None = None


def run_probe(asked: Asked, *, as_json: bool, quiet: bool) -> int:
    """Probe, print, store; return the exit code."""
    output, portal = ProbeOutput(as_json=as_json, quiet=quiet), Portal()
    by = reading_of(asked)
    out = asked.out or Path("probes") / (_FORBIDDEN.sub("-", by.reader.model).strip("-.") or "model")
    try:
        result = _read(asked, by, out, output, portal)
    except VtcError:
        portal.call(by.reader.aclose())
        raise
    portal.call(by.reader.aclose())
    portal.close()
    output.show(result, out)
    return 0 if result.complete else 1


def _read(asked: Asked, by: Reading, out: Path, output: ProbeOutput, portal: Portal) -> ProbeResult:
    """Read what is owed, and store what it comes to."""
    arguments: dict[str, Any] = {
        "texts": texts_of(asked, by),
        "profiles": _profiles(asked.settings.profile or by.profile),
        "tasks": _tasks(asked, by),
        "scales": _scales(asked.scales),
        "pages": asked.pages or by.pages,
        "seed": asked.seed,
        "concurrency": asked.concurrency,
    }
    Probe(reader=by.reader, **arguments)  # what is wrong is said before a folder is made
    with ProbeFolder(out) as folder:
        probe = Probe(reader=by.reader, folder=folder, **arguments)
        with loading(by.backend, quiet=output.quiet):
            portal.call(probe.check())
        with output.watching(out, waits_of(by.backend)) as probe.watch:
            for turn in portal.iterate(probe.turns(), stop=probe.stop):
                if turn.error is not None:
                    output.note_failure(turn.error)
            output.done()
        result = probe.result()
        try:
            folder.conclude(result, _drawn(result, output))
        except StorageError:
            output.show(result, None)
            raise
    return result


def _drawn(result: ProbeResult, output: ProbeOutput) -> list[tuple[str, bytes]]:
    try:
        return figures(result)
    except MissingExtra as error:
        output.say(str(error))
        return []


def reading_of(asked: Asked) -> Reading:
    """Make the reader that is asked for."""
    settings = asked.settings
    if asked.program is not None:
        refused = {"--base-url": settings.base_url, "--model": settings.model, "--prompt": asked.prompt}
        for flag, value in refused.items():
            if value:
                raise UsageError(f"--reader {asked.program} is no model: drop {flag} (or its VTC_ variable)")
        return Reading(_PROGRAMS[asked.program](), "default", _EVERYTHING, PAGES)
    solver = Solver(
        base_url=settings.base_url, model=settings.model, preset=settings.preset, stream=settings.stream
    )
    asks = instructions(asked.prompt, solver.backend.model)
    reader = ModelReader(
        solver.backend,
        asks,
        most_tokens=asked.max_tokens or MOST_TOKENS,
        concurrency=_AT_ONCE.get(solver.backend.name, 8),
    )
    is_small = solver.preset.name == "nano"
    return Reading(
        reader,
        asks.profile or solver.preset.profile,
        _ALPHABET if is_small else _EVERYTHING,
        _SMALL_PAGES if is_small else PAGES,
        solver.backend,
    )


def texts_of(asked: Asked, by: Reading) -> list[TextKind]:
    """Look up the kinds of text that are asked for, else those that the reader is given."""
    given = solutions(asked.file, asked.column) if asked.file else None
    names = [*by.kinds] if asked.kinds is None else _words(asked.kinds, "--kinds")
    return text_kinds([*names, *(["solutions"] if given else [])], given)


def _tasks(asked: Asked, by: Reading) -> list[Task]:
    if asked.tasks is None:
        return [*TASKS] if by.reader.answers else ["transcribe"]
    found: list[Task] = []
    for word in _words(asked.tasks, "--tasks"):
        known = next((task for task in TASKS if task == word), None)
        if known is None:
            raise UnknownName("task", word, TASKS)
        found.append(known)
    return list(dict.fromkeys(found))


def _profiles(listed: str) -> list[Profile]:
    """Read profiles and variants; each is named by its words."""
    found = []
    for words in _words(listed, "--profile"):
        first, plus, rest = words.partition("+")
        base = load_profile(first)
        found.append(variant(base, rest).replace(name=words) if plus else base)
    return found


def _scales(listed: str | None) -> list[float] | None:
    if listed is None:
        return None
    try:
        return list(dict.fromkeys(float(word) for word in _words(listed, "--scales")))
    except ValueError as error:
        raise UsageError(f"--scales {listed}: needs numbers with commas, such as 1,0.8,0.65") from error


def _words(listed: str, flag: str) -> list[str]:
    words = [word.strip() for word in listed.split(",") if word.strip()]
    if not words:
        raise UsageError(f"{flag} names nothing; leave it out for the usual")
    return words
