"""Progress of a long job: a bar on a terminal, a line a minute elsewhere, and what it waits for on both."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from vtc_r1.cli.printable import printable
from vtc_r1.cli.terminal.flow import DOT, Flow
from vtc_r1.cli.terminal.notices import Notice, Notifier, NotifierThread


@dataclass(frozen=True)
class JobProgress:
    """How far a job is.

    Attributes:
        done: what is done.
        total: of how many; None where that is not known yet.
        more: what else is known about it, in a few words.
        here: work done since it was started or resumed, in any unit; the time left is estimated from it.
        rest: work still to do, in the same unit; 0 where no time left is to be shown.
    """

    done: int = 0
    total: int | None = None
    more: str = ""
    here: float = 0.0
    rest: float = 0.0


def clock(seconds: float) -> str:
    """Write a time span as `8:20` or `1:08:20`."""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


class TimeEstimate:
    """Estimates how long the rest of a job takes at the speed since this object was made."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._began = clock, clock()

    def left(self, done: float, rest: float) -> str | None:
        """Return the time left, None before anything is done.

        Args:
            done: work done since this object was made, in any unit.
            rest: work still to do, in the same unit.
        """
        if done <= 0 or rest <= 0:
            return None
        return f"{clock(rest * (self._clock() - self._began) / done)} left"


class ProgressDisplay:
    """Shows a job on standard error while the block lasts.

    Args:
        name: of the job.
        waiting: what it waits for.
        quiet: show nothing.
    """

    def __init__(self, name: str, waiting: Notice, *, quiet: bool = False) -> None:
        self._name, self._waiting, self._quiet = name, waiting, quiet
        self._console = Console(stderr=True, highlight=False)
        self._shown, self._pace = JobProgress(), TimeEstimate()
        is_terminal = self._console.file.isatty() and self._console.is_terminal
        self._lines = not quiet and not is_terminal
        self._bar = _Bar(self._console, waiting, self._more, shown=not quiet and is_terminal)
        self._task: TaskID = self._bar.add_task(printable(name), total=None, counted="")
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self._bar)
        if self._lines:
            self._open.enter_context(NotifierThread(Notifier(self.say, self._waiting, self._line)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def update(self, progress: JobProgress) -> None:
        """Show how far it is."""
        self._shown = progress
        counted = "" if progress.total is None else f"{progress.done:,}/{progress.total:,}"
        self._bar.update(self._task, total=progress.total, completed=progress.done, counted=counted)

    def say(self, line: str) -> None:
        """Print a line, above the bar where there is one."""
        if not self._quiet:
            self._console.print(Text(printable(line)), soft_wrap=True)

    def _line(self) -> str | None:
        progress, more = self._shown, self._more()
        if progress.total is None:
            return f"{self._name}: {more}" if more else None
        return ", ".join(filter(None, (f"{self._name}: {progress.done:,} of {progress.total:,} done", more)))

    def _more(self) -> str:
        progress = self._shown
        return printable(
            DOT.join(filter(None, (progress.more, self._pace.left(progress.here, progress.rest))))
        )


class _Bar(Progress):
    """A bar, and below it what is done and what is waited for, each unbroken at every width."""

    def __init__(self, console: Console, waiting: Notice, more: Callable[[], str], *, shown: bool) -> None:
        self._waiting, self._more = waiting, more  # before the rest: it may draw the bar at once
        super().__init__(
            BarColumn(None),
            TextColumn("{task.fields[counted]}"),
            console=console,
            transient=True,
            disable=not shown,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """Return the bar, its description, and a line where something is waited for."""
        for task in self.tasks:
            yield self.make_tasks_table([task])
            yield Flow(Text(DOT.join(filter(None, (task.description, self._more())))))
        if line := self._waiting():
            yield Text(f"↻ {printable(line)}", "yellow")
