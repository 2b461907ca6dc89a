"""What `vtc-r1 probe` does: a probe, a folder, and what is printed of them."""

import re
from pathlib import Path
from typing import Any

from vtc_r1.cli.probe.flags import ProbeFlags
from vtc_r1.cli.probe.output import ProbeOutput
from vtc_r1.cli.probe.reader import ChosenReader, chosen_reader, texts_of, words_of
from vtc_r1.cli.terminal.loading import loading
from vtc_r1.cli.terminal.notices import waits_of
from vtc_r1.errors import MissingExtra, StorageError, UnknownName, UsageError, VtcError
from vtc_r1.eval.probe import TASKS, Probe, ProbeFolder, ProbeResult, Task
from vtc_r1.eval.probe.model_reader import MOST_TOKENS
from vtc_r1.eval.probe.plot import figures
from vtc_r1.eval.probe.setup import USUAL
from vtc_r1.portal import Portal
from vtc_r1.presets import under
from vtc_r1.renderers import Profile, load_profile
from vtc_r1.renderers.variants import variant
from vtc_r1.settings import Settings

_FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]+")


def run_probe(asked: ProbeFlags) -> int:
    """Probe, print, store; return the exit code."""
    settings = Settings.load(**asked.flags, profile=asked.profile)
    output, portal = ProbeOutput(as_json=asked.as_json, quiet=asked.quiet, rate=asked.rate), Portal()
    program = None if asked.reader == "model" else asked.reader
    by = chosen_reader(asked, settings, program, asked.max_tokens or MOST_TOKENS)
    out = asked.out or Path("probes") / (_FORBIDDEN.sub("-", by.reader.model).strip("-.") or "model")
    try:
        result = _read(asked, by, settings.profile or by.profile, out, output, portal)
    except VtcError:
        portal.call(by.reader.aclose())
        raise
    portal.call(by.reader.aclose())
    portal.close()
    output.show(result, out)
    return 0 if result.complete else 1


def _read(
    asked: ProbeFlags, by: ChosenReader, profiles: str, out: Path, output: ProbeOutput, portal: Portal
) -> ProbeResult:
    """Read what is owed, and store what it comes to."""
    arguments: dict[str, Any] = {
        "texts": texts_of(asked, by),
        "profiles": _profiles(profiles, by.family),
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
            for turn in portal.iterate(probe.outcomes(), stop=probe.stop):
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


def _tasks(asked: ProbeFlags, by: ChosenReader) -> list[Task]:
    if asked.tasks is None:
        return [*USUAL] if by.reader.answers else ["transcribe"]
    found: list[Task] = []
    for word in words_of(asked.tasks, "--tasks"):
        known = next((task for task in TASKS if task == word), None)
        if known is None:
            raise UnknownName("task", word, TASKS)
        found.append(known)
    return list(dict.fromkeys(found))


def _profiles(listed: str, family: str | None) -> list[Profile]:
    """Read profiles and variants, under the model's family; each is named by its words."""
    found = []
    for words in words_of(listed, "--profile"):
        first, plus, rest = words.partition("+")
        base = load_profile(first) if family is None else under(load_profile(first), family)
        found.append(variant(base, rest).replace(name=words) if plus else base)
    return found


def _scales(listed: str | None) -> list[float] | None:
    if listed is None:
        return None
    try:
        return list(dict.fromkeys(float(word) for word in words_of(listed, "--scales")))
    except ValueError as error:
        raise UsageError(f"--scales {listed}: needs numbers with commas, such as 1,0.8,0.65") from error
