"""A solve as it happens, on a terminal: what is done scrolls up, what is under way stays at the bottom."""

import os
from threading import Event as Flag
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from vtc_r1.cli.printable import printable
from vtc_r1.cli.show import LiveView
from vtc_r1.cli.terminal.flow import Flow
from vtc_r1.cli.terminal.graphics import PLAIN, Graphics, Pictures, graphics
from vtc_r1.cli.terminal.notices import Notice
from vtc_r1.cli.terminal.picture import PictureRow
from vtc_r1.cli.terminal.totals import Totals
from vtc_r1.events import Event, PagesRendered
from vtc_r1.renderers.page import Page

_REFRESH = 8
"""Times a second that the bottom is drawn again."""


def opened_view(wanted: Pictures, waiting: Notice | None = None) -> LiveView:
    """Return the view of a solve that standard error can take; `waiting` says what it waits for."""
    console = Console(stderr=True, highlight=False)
    if not _is_terminal(console):
        return LiveView(console, waiting)
    return TerminalView(console, opened_graphics(console, wanted), waiting)


def opened_graphics(console: Console, wanted: Pictures) -> Graphics:
    """Return what pictures a console shows: none where it is not a terminal, whatever is wanted."""
    if wanted is Pictures.NONE or not _is_terminal(console):
        return PLAIN
    return graphics(wanted, os.environ, console.file.fileno())


def _is_terminal(console: Console) -> bool:
    """Tell whether what is printed may move the cursor: FORCE_COLOR alone makes no terminal."""
    return console.file.isatty() and console.is_terminal and not console.is_dumb_terminal


class TerminalView(LiveView):
    """Prints events as they come; the line being written and the totals stand below.

    Use it as a context: however it is left, the terminal is as it was.
    """

    def __init__(self, console: Console, graphics: Graphics, waiting: Notice | None = None) -> None:
        super().__init__(console, waiting)
        self.graphics, self.totals = graphics, Totals()
        self._line_underway, self._pages = "", tuple[Page, ...]()
        self._live = Live(
            console=console,
            get_renderable=self._bottom,
            auto_refresh=False,
            transient=True,
            vertical_overflow="crop",
        )
        # rich's own refreshing thread may write what it drew before something else was printed.
        self._drawing, self._left = Lock(), Flag()
        self._ticker = Thread(target=self._tick, name="vtc-r1-view", daemon=True)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        self.console.show_cursor(True)  # a process that is killed leaves it as it is
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        try:
            self._ticker.join()
            self._flush()
        finally:
            self._live.stop()
            self.graphics.close()

    def show(self, event: Event) -> None:
        """Print one event, and count it."""
        with self._drawing:
            self.totals.count(event)
            if isinstance(event, PagesRendered):
                self._pages = event.pages
            super().show(event)

    def write(self, text: str) -> None:
        """Take in a piece of the segment; whole lines go up."""
        self._line_underway += printable(text)
        *whole, last = self._line_underway.split("\n")
        if whole:
            self.console.print(Text("\n".join(whole)))
        self._line_underway = last
        if len(last) > 2 * self.console.width:
            *rows, rest = Text(last).wrap(self.console, self.console.width)
            for row in rows:
                self.console.print(row)
            self._line_underway = rest.plain

    def end_of_segment(self, rest: str) -> None:
        """Print what is left of the segment."""
        self.write(rest)
        self._flush()

    def picture(self) -> None:
        """Show the pages that were rendered last."""
        self.console.print(PictureRow(self._pages, self.graphics), end="", crop=False)
        self._pages = ()

    def _flush(self) -> None:
        if self._line_underway:
            self.console.print(Text(self._line_underway))
        self._line_underway = ""

    def _tick(self) -> None:
        """Redraw the bottom periodically: time passes also without events."""
        while not self._left.wait(1 / _REFRESH):
            with self._drawing:
                self._live.refresh()

    def _bottom(self) -> RenderableType:
        bottom: list[RenderableType] = [Text(self._line_underway)] if self._line_underway else []
        if self.waiting is not None and (line := self.waiting()):
            bottom.append(Text(f"↻ {printable(line)}", "yellow"))
        return Group(*bottom, Flow(Text(self.totals.line(), "dim")))
