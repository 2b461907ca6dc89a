"""What `vtc-r1 tune` prints: the front on standard output, progress on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vtc_r1.cli.printable import printable
from vtc_r1.cli.tables import folded, parted, room
from vtc_r1.cli.terminal.notices import Notice
from vtc_r1.cli.terminal.progress import JobProgress, ProgressDisplay
from vtc_r1.counted import count
from vtc_r1.eval.tune import TuneResult
from vtc_r1.eval.tune.axis import Value
from vtc_r1.eval.tune.result import FoundSettings
from vtc_r1.eval.tune.search import SearchProgress, Watch


class TuneOutput:
    """Prints a search.

    Args:
        as_json: the result comes as one JSON object, instead of a table.
        quiet: no progress and no notes.
    """

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json, self.quiet = as_json, quiet

    def say(self, line: str) -> None:
        """Print a note."""
        if not self.quiet:
            print(printable(line), file=sys.stderr)

    def show(self, result: TuneResult, out: Path | None, missing: str | None) -> None:
        """Print the front, and notes about the search; `out` is None where nothing was stored."""
        shown = result.model_dump_json(indent=2) if self.as_json else printable(front_table(result))
        print(shown, flush=True)
        if missing:
            self.say(missing)
        if result.dropped_in_all:
            reason = next(iter(result.dropped))
            self.say(f"{count(result.dropped_in_all, 'proposal')} dropped, most because {reason}")
        if result.repaired or result.repeated:
            self.say(f"{result.repaired:,} repaired, {result.repeated:,} tried before")
        if not result.complete:
            self.say(
                f"{result.tried:,} settings tried, then nothing usable was proposed in several rounds: the "
                "space holds no more, or the model writes none; run the same command again to retry"
            )
        if not result.met:
            self.say(f"nothing has an error of at most {result.target:g}: profile.toml has the least")
        if out is not None:
            self.say(f"the front, and the best as profile.toml, in {out}")

    @contextmanager
    def watching(self, out: Path, waiting: Notice) -> Iterator[Watch]:
        """Show the progress, and what is waited for; when it is interrupted, say what is in the folder."""
        last = 0
        with ProgressDisplay("settings", waiting, quiet=self.quiet) as display:

            def watch(progress: SearchProgress) -> None:
                nonlocal last
                last = progress.tried
                part, rest = _part(progress), progress.rest
                display.update(JobProgress(progress.tried, progress.wanted, part, progress.measured, rest))

            try:
                yield watch
            except KeyboardInterrupt:
                display.say(
                    f"{count(last, 'setting')} measured, kept in {out}; run the same command again to resume"
                )
                raise


def _part(progress: SearchProgress) -> str:
    """Describe what the search is doing."""
    if progress.proposing:
        return "asking for proposals"
    return f"this round {progress.done:,}/{progress.total:,}" if progress.total else ""


def front_table(result: TuneResult) -> str:
    """Show the front, cheapest first, with the settings in which its profiles differ; within the terminal."""
    error, cost = result.units
    varied = [
        name for name in (result.front[0].values if result.front else {}) if _differs(result.front, name)
    ]
    best = result.best.sha256 if result.best else None
    head = ["", "profile", cost, error, *varied]
    rows = [
        [
            "★" if one.sha256 == best else "",
            one.profile or "",
            f"{one.cost:,.1f}",
            f"{100 * one.error:.2f} %",
            *(_shown(one.values[name]) for name in varied),
        ]
        for one in result.front
    ]
    heading = f"## {result.strategy}: {result.tried:,} settings tried, {result.finished:,} measured in full"
    return f"{folded(heading, room())}\n\n{parted(head, rows, room(), keys=2)}"


def _differs(front: list[FoundSettings], name: str) -> bool:
    return len({one.values[name] for one in front}) > 1


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        f"{value:g}"
        if isinstance(value, float)
        else Path(value).name
        if isinstance(value, str)
        else str(value)
    )
