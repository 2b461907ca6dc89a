"""What `vtc-r1 probe` prints: tables on standard output, progress on standard error."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from vtc_r1.cli.printable import printable
from vtc_r1.cli.tables import broken, folded, parted, room
from vtc_r1.cli.terminal.notices import Notice, Output
from vtc_r1.cli.terminal.progress import JobProgress, ProgressDisplay
from vtc_r1.compression import times
from vtc_r1.counted import count
from vtc_r1.errors import BackendError
from vtc_r1.eval.probe import Point, ProbeProgress, ProbeResult
from vtc_r1.eval.probe.probe import Watch
from vtc_r1.eval.probe.setup import Task
from vtc_r1.eval.summary import Figure
from vtc_r1.memory.legibility import RATE


@dataclass
class ProbeOutput(Output):
    """Prints a probe.

    Attributes:
        rate: share of the characters that may be silently wrong in a safe type size.
    """

    rate: float = RATE
    _failures: list[str] = field(default_factory=list)
    _last: ProbeProgress | None = None

    def note_failure(self, error: BackendError) -> None:
        """Keep why a page was not read."""
        self._failures.append(str(error))

    def done(self) -> None:
        """Say what was read, and what was not."""
        if self._last is not None:
            before = f", {self._last.before:,} of them before" if self._last.before else ""
            self.say(f"{self._last.before + self._last.read:,} of {self._last.total:,} pages read{before}")
        if self._failures:
            why = f"{count(len(self._failures), 'page')} failed, the last because {self._failures[-1]}"
            print(printable(f"vtc-r1: {why}; run the same command again to retry"), file=sys.stderr)

    def show(self, result: ProbeResult, out: Path | None) -> None:
        """Print the figures; `out` is None where they could not be stored."""
        if self.as_json:
            safe = [one.model_dump(mode="json") for one in result.safe(self.rate)]
            print(json.dumps({**result.model_dump(mode="json"), "safe": safe}, indent=2), flush=True)
        else:
            print(printable(tables(result, self.rate)), flush=True)
        if out is not None:
            self.say(f"result and plot in {out}")

    @contextmanager
    def watching(self, out: Path, waiting: Notice) -> Iterator[Watch]:
        """Show the progress, and what is waited for; when it is interrupted, say what is in the folder."""
        with ProgressDisplay("pages", waiting, quiet=self.quiet) as display:

            def watch(progress: ProbeProgress) -> None:
                self._last = progress
                here = progress.read + progress.failed
                rest = progress.total - progress.done
                failed = f"{progress.failed:,} failed" if progress.failed else ""
                display.update(JobProgress(progress.done, progress.total, failed, here, rest))

            try:
                yield watch
            except KeyboardInterrupt:
                if self._last is not None:
                    kept = f"{self._last.before + self._last.read:,} of {self._last.total:,} pages"
                    display.say(f"{kept} are in {out}; run the same command again to resume")
                raise


_HEADINGS: dict[Task, str] = {
    "transcribe": "Transcribing a page",
    "needle": "Asked for one value on a page",
    "state": "Continuing a calculation",
    "edited": "Reading a page that was changed in one place",
}


_KEYS = 3  #: columns that tell points apart


def tables(result: ProbeResult, rate: float = RATE) -> str:
    """Show all points, a table for every task; as wide as the terminal at most."""
    written = []
    for task in dict.fromkeys(point.task for point in result.points):
        heading = broken(f"## {_HEADINGS[task]} · {result.reader.model}", room())
        written += [heading, points_table(result, task, room())]
        if outcomes := outcomes_table(result, task, room()):
            written.append(outcomes)
        if followed := followed_table(result, task, room()):
            written.append(followed)
        if task == "transcribe":
            written += [folded(line, room()) for line in safe_lines(result, rate)]
    return "\n\n".join(written)


def safe_lines(result: ProbeResult, rate: float) -> list[str]:
    """Say for every profile in which type size its text is safe."""
    lines, every = [], result.safe(rate)
    for one in (safe for safe in every if safe.kind is None):
        kinds = [safe for safe in every if safe.profile == one.profile and safe.kind is not None]
        each = ", ".join(f"{safe.kind} {_size(safe.size)}" for safe in kinds)
        lines.append(
            f"Safe density of {one.profile}: {_size(one.size)} (factor of its type size; at most "
            f"{100 * rate:g} % of the characters silently wrong, at 95 % confidence). By kind: {each}."
        )
    return lines


def _size(size: float | None) -> str:
    return "none" if size is None else f"{size:g}"


def points_table(result: ProbeResult, task: Task, width: int = sys.maxsize) -> str:
    """Show the points of one task: what the pages cost, and how they were read; `width` columns at most."""
    points = [point for point in result.points if point.task == task]
    knows = any(point.known_error for point in points)
    numbers = any(point.numbers for point in points)
    head = ["profile", "font px", "text", "pages", "characters a page", "compression", "character error"]
    head += ["of what it can write"] if knows else []
    head += ["exact pages" if task == "transcribe" else "exact answers"]
    head += ["numbers misread"] if numbers else []
    head += ["first third", "middle", "last"]
    estimated = {kind for kind, tokens in result.tokens.items() if not tokens.counted}
    rows = [_row(point, estimated, knows=knows, numbers=numbers) for point in points]
    return parted(head, rows, width, _KEYS)


def outcomes_table(result: ProbeResult, task: Task, width: int = sys.maxsize) -> str:
    """Show what was right, abstained from and silently wrong; empty for results that do not say."""
    points = [point for point in result.points if point.task == task and point.outcomes]
    head = ["profile", "font px", "text", "right", "abstained", "silently wrong", "at most (95 %)"]
    rows = [
        [
            *_keys(point),
            *map(_figure, (found.correct, found.abstained, found.silent)),
            f"{100 * found.silent_limit:.2f} %",
        ]
        for point in points
        if (found := point.outcomes)
    ]
    return parted(head, rows, width, _KEYS) if rows else ""


def followed_table(result: ProbeResult, task: Task, width: int = sys.maxsize) -> str:
    """Show what answers about changed places follow; empty if nothing was changed."""
    head = ["profile", "font px", "changed", "compression", "asked"]
    head += ["follow the page", "the prior", "neither", "abstained"]
    rows = [
        [
            point.profile.name,
            f"{point.font_size:.4g}",
            one.change or one.place or "anything",
            times(point.compression_ratio),
            f"{one.asked:,}",
            *map(_figure, (one.page, one.prior, one.neither, one.abstained)),
        ]
        for point in result.points
        if point.task == task
        for one in point.followed
    ]
    return parted(head, rows, width, _KEYS) if rows else ""


def _keys(point: Point) -> list[str]:
    return [point.profile.name, f"{point.font_size:.4g}", point.kind]


def _row(point: Point, estimated: Sequence[str] | set[str], *, knows: bool, numbers: bool) -> list[str]:
    about = "≈ " if point.kind in estimated else ""
    return [
        *_keys(point),
        f"{point.pages:,}" + (f" (+ {point.failed:,} failed)" if point.failed else ""),
        f"{point.characters / point.pages:,.0f}",
        f"{about}{times(point.compression_ratio)}",
        _figure(point.error, point.pages),
        *([_figure(point.known_error, point.pages)] if knows else []),
        _figure(point.exact),
        *([_figure(point.numbers, point.pages)] if numbers else []),
        *(_share(third) for third in point.thirds),
    ]


def _figure(figure: Figure | None, pages: int = 0) -> str:
    """Write a share with its interval, which one page does not have."""
    if figure is None or pages == 1:
        return _share(figure)
    return f"{100 * figure.mean:.2f} %\n[{100 * figure.low:.2f}, {100 * figure.high:.2f}]"


def _share(figure: Figure | None) -> str:
    return "–" if figure is None else f"{100 * figure.mean:.2f} %"
