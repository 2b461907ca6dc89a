"""How far a long job is: a bar on a terminal, a line a minute elsewhere, and what it waits for on both."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from vtc_r1.cli.show import printable
from vtc_r1.cli.terminal.telling import Teller, Tellers, Telling


@dataclass(frozen=True)
class Stand:
    """How far a job is.

    Attributes:
        done: what is done.
        total: of how many; None where that is not known yet.
        more: what else is known of it, in some words.
    """

    done: int = 0
    total: int | None = None
    more: str = ""


def clock(seconds: float) -> str:
    """Write a time span as `8:20` or `1:08:20`."""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


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
        self._stand = Stand()
        is_terminal = self._console.file.isatty() and self._console.is_terminal
        self._lines = not quiet and not is_terminal
        self._bar = _Bar(self._console, waiting, shown=not quiet and is_terminal)
        self._task: TaskID = self._bar.add_task(name, total=None, more="")
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self._bar)
        if self._lines:
            self._open.enter_context(Tellers(Teller(self.say, self._waiting, self._told)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def update(self, stand: Stand) -> None:
        """Show how far it is."""
        self._stand = stand
        self._bar.update(self._task, total=stand.total, completed=stand.done, more=stand.more)

    def say(self, line: str) -> None:
        """Print a line, above the bar where there is one."""
        if not self._quiet:
            self._console.print(Text(printable(line)), soft_wrap=True)

    def _told(self) -> str | None:
        stand = self._stand
        if stand.total is None:
            return None
        more = f", {stand.more}" if stand.more else ""
        return f"{self._name}: {stand.done} of {stand.total} done{more}"


class _Bar(Progress):
    """A bar, and below it what is waited for."""

    def __init__(self, console: Console, waiting: Telling, *, shown: bool) -> None:
        self._waiting = waiting  # before the rest: it may draw the bar at once
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[more]}", markup=False),
            console=console,
            transient=True,
            disable=not shown,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """Return the bar, and a line where something is waited for."""
        yield self.make_tasks_table(self.tasks)
        if line := self._waiting():
            yield Text(f"↻ {printable(line)}", "yellow")
