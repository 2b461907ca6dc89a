"""A solve as it happens, on a terminal: what is done scrolls up, what is under way stays at the bottom."""

import os
import time
from collections.abc import Callable
from threading import Event as Flag
from threading import Lock, Thread
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from vtc_r1 import events
from vtc_r1.cli.printable import printable
from vtc_r1.cli.show import LiveView
from vtc_r1.cli.terminal.flow import Flow
from vtc_r1.cli.terminal.graphics import PLAIN, Graphics, Pictures, graphics
from vtc_r1.cli.terminal.notices import Notice
from vtc_r1.cli.terminal.picture import PictureRow
from vtc_r1.compression import Compression, vision_tokens
from vtc_r1.estimates import REASONING
from vtc_r1.renderers.page import Page

_REFRESH = 8  #: times a second that the bottom is drawn again


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

    def __exit__(self, *error: object) -> None:
        self._left.set()
        try:
            self._ticker.join()
            self._flush()
        finally:
            self._live.stop()
            self.graphics.close()

    def show(self, event: events.Event) -> None:
        """Print one event, and count it."""
        with self._drawing:
            self.totals.count(event)
            if isinstance(event, events.PagesRendered):
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


class Totals:
    """Tokens, compression and time; the segment being written is an estimate until the model counts it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.iteration, self.most, self.forced = 0, 0, False
        self._clock, self._began = clock, clock()
        self._characters = self._written = self._read = 0
        self._compression = Compression()
        self._pages: tuple[Page, ...] = ()
        self._known = True

    def count(self, event: events.Event) -> None:
        """Take one event in."""
        match event:
            case events.Started(trace):
                self.most, self._began = trace.budget.iterations, self._clock()
                self._known = trace.counts_vision
            case events.IterationStarted(index, pages, forced):
                self.iteration, self.forced, self._pages, self._characters = index + 1, forced, pages, 0
            case events.TextDelta(_, text):
                self._characters += len(text)
            case events.SegmentRestarted():
                self._characters = 0
            case events.IterationFinished(iteration, compression):
                usage, self._compression = iteration.usage, compression
                self._written += usage.completion_tokens
                self._read += usage.vision_tokens
                self._characters, self._pages = 0, ()
            case _:
                pass

    def line(self) -> str:
        """Say it in one line, the most telling first."""
        underway = round(self._characters / REASONING.characters)
        read = self._read + sum(page.vision_tokens for page in self._pages)
        where = f"iteration {self.iteration} of {self.most}" if self.iteration else "first prompt"
        parts = [f"{self._clock() - self._began:.0f} s", "answer now" if self.forced else where]
        parts.append(f"{'≈' if underway else ''}{self._written + underway:,} tokens written")
        if read:
            parts.append(f"{vision_tokens(read, known=self._known)} read")
        if self._compression.vision:
            parts.append(f"compression {self._compression}")
        return " · ".join(parts)
