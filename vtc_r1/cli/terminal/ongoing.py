"""How far a long job is: a bar on a terminal, a line a minute elsewhere, and what it waits for on both."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from vtc_r1.cli.printable import printable
from vtc_r1.cli.terminal.flow import DOT, Flow
from vtc_r1.cli.terminal.notices import Teller, Tellers, Telling


@dataclass(frozen=True)
class Stand:
    """How far a job is."""

    done: int = 0  #: what is done
    total: int | None = None  #: of how many; None where that is not known yet
    more: str = ""  #: what else is known of it, in some words
    here: float = 0.0  #: what was done since it went on, in any unit, from which the time left is told
    rest: float = 0.0  #: what is still to be done, in the same unit; 0 where no time left is to be told


def clock(seconds: float) -> str:
    """Write a time span as `8:20` or `1:08:20`."""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


class Pace:
    """Says how long the rest of a job takes, if it goes on as it did since this was made."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._began = clock, clock()

    def left(self, done: float, rest: float) -> str | None:
        """Say how much time is left.

        Args:
            done: what was done since this was made, in any unit; nothing can be said before the first.
            rest: what is still to be done, in the same unit.
        """
        if done <= 0 or rest <= 0:
            return None
        return f"{clock(rest * (self._clock() - self._began) / done)} left"


class Ongoing:
    """Shows a job on standard error while the block lasts.

    Args:
        name: of the job.
        waiting: what it waits for.
        quiet: show nothing.
    """

    def __init__(self, name: str, waiting: Telling, *, quiet: bool = False) -> None:
        self._name, self._waiting, self._quiet = name, waiting, quiet
        self._console = Console(stderr=True, highlight=False)
        self._stand, self._pace = Stand(), Pace()
        is_terminal = self._console.file.isatty() and self._console.is_terminal
        self._lines = not quiet and not is_terminal
        self._bar = _Bar(self._console, waiting, self._more, shown=not quiet and is_terminal)
        self._task: TaskID = self._bar.add_task(printable(name), total=None, counted="")
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self._bar)
        if self._lines:
            self._open.enter_context(Tellers(Teller(self.say, self._waiting, self._told)))
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def update(self, stand: Stand) -> None:
        """Show how far it is."""
        self._stand = stand
        counted = "" if stand.total is None else f"{stand.done:,}/{stand.total:,}"
        self._bar.update(self._task, total=stand.total, completed=stand.done, counted=counted)

    def say(self, line: str) -> None:
        """Print a line, above the bar where there is one."""
        if not self._quiet:
            self._console.print(Text(printable(line)), soft_wrap=True)

    def _told(self) -> str | None:
        stand, more = self._stand, self._more()
        if stand.total is None:
            return f"{self._name}: {more}" if more else None
        return ", ".join(filter(None, (f"{self._name}: {stand.done:,} of {stand.total:,} done", more)))

    def _more(self) -> str:
        stand = self._stand
        return printable(DOT.join(filter(None, (stand.more, self._pace.left(stand.here, stand.rest)))))


class _Bar(Progress):
    """A bar, and below it what is done and what is waited for, each whole at every width."""

    def __init__(self, console: Console, waiting: Telling, more: Callable[[], str], *, shown: bool) -> None:
        self._waiting, self._more = waiting, more  # before the rest: it may draw the bar at once
        super().__init__(
            BarColumn(None),
            TextColumn("{task.fields[counted]}"),
            console=console,
            transient=True,
            disable=not shown,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """Return the bar, what it is of, and a line where something is waited for."""
        for task in self.tasks:
            yield self.make_tasks_table([task])
            yield Flow(Text(DOT.join(filter(None, (task.description, self._more())))))
        if line := self._waiting():
            yield Text(f"↻ {printable(line)}", "yellow")
