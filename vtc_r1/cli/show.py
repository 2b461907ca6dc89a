"""Showing a solve in the terminal, as it happens or from its record."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from threading import Lock
from typing import Self

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from vtc_r1 import events
from vtc_r1.cli.printable import printable
from vtc_r1.cli.terminal.flow import Flow, Heading
from vtc_r1.cli.terminal.graphics import PLAIN, Graphics
from vtc_r1.cli.terminal.notices import Notice, Notifier, NotifierThread
from vtc_r1.cli.terminal.picture import PictureRow
from vtc_r1.compression import vision_tokens
from vtc_r1.counted import count
from vtc_r1.errors import UsageError
from vtc_r1.findings import marked, told, told_in_short
from vtc_r1.iteration import Iteration, PageRecord
from vtc_r1.prices import priced
from vtc_r1.trace import DocumentRecord, Trace


class LiveView:
    """Prints events as they come, one after another: for files, pipes and terminals that can do no more.

    Args:
        console: takes the lines.
        waiting: what the solve waits for; said while it lasts, where the view is used as a context.
    """

    def __init__(self, console: Console, waiting: Notice | None = None) -> None:
        self.console, self.waiting = console, waiting
        self._written, self._underway = 0, False
        self._lock, self._open = Lock(), ExitStack()
        self._warned: set[str] = set()
        self._known = True

    def __enter__(self) -> Self:
        if self.waiting is not None:
            self._open.enter_context(NotifierThread(Notifier(self.waits, self.waiting)))
        return self

    def __exit__(self, *error: object) -> None:
        """Leave nothing behind."""
        self._open.close()

    def waits(self, line: str) -> None:
        """Print what is waited for, on a line of its own."""
        with self._lock:
            self._end_line()
            self.console.print(Text(f"↻ {printable(line)}", "yellow"), soft_wrap=True)

    def show(self, event: events.Event) -> None:
        """Print one event."""
        with self._lock:
            self._show(event)

    def _show(self, event: events.Event) -> None:
        match event:
            case events.Started(trace):
                self._known = trace.counts_vision
                model = f"{trace.model.name} ({trace.model.backend}), memory {trace.memory}"
                self.line("question", trace.question, "bold")
                self.line("model", model, "dim")
                self._warn(trace)
            case events.DocumentsShown(documents):
                for shown in documents:
                    self.document(DocumentRecord.of(shown.document, shown))
            case events.IterationStarted(index, pages, forced):
                self._written = 0
                seen = sum(page.vision_tokens for page in pages)
                self.console.print(_rule(index, len(pages), self._vision(seen), forced))
            case events.TextDelta(_, text):
                self.write(text)
                self._written, self._underway = self._written + len(text), True
            case events.SegmentRestarted(_, reason):
                self._again(f"the segment begins again: {reason}")
            case events.Overflowed(_, max_tokens, pages):
                self._again(
                    f"the context is full: {count(len(pages), 'page')}, {max_tokens:,} tokens to write"
                )
            case events.SegmentFinished(_, text, _, _):
                self.end_of_segment(text[self._written :])
                self._underway = False
            case events.IterationFinished(iteration):
                after(iteration, self.console, known=self._known)
                self.picture()
            case events.Finished(trace):
                self._end_line()
                self._warn(trace)

    def _vision(self, tokens: int) -> str:
        return vision_tokens(tokens, known=self._known)

    def write(self, text: str) -> None:
        """Print a piece of the segment."""
        self.console.print(Text(printable(text)), end="")

    def end_of_segment(self, rest: str) -> None:
        """Print what no piece has brought."""
        self.console.print(Text(printable(rest)))

    def picture(self) -> None:
        """Show the pages of the iteration; here a line of each is all."""

    def _warn(self, trace: Trace) -> None:
        """Say why the answer may be wrong, each reason once, in a line that is not wrapped."""
        new = [sentence for sentence in trace.warnings if sentence not in self._warned]
        self._warned.update(new)
        if new:
            self.console.print(Text(_warning(new), "yellow"), soft_wrap=True)

    def _end_line(self) -> None:
        """End a segment that is not whole."""
        if self._underway:
            self.end_of_segment("")
            self._underway = False

    def _again(self, why: str) -> None:
        self._end_line()
        self._written = 0
        self.console.print(Text(f"↻ {printable(why)}", "yellow"))

    def line(self, name: str, value: str, style: str) -> None:
        """Print a named value."""
        self.console.print(_named(name, value, style))

    def document(self, record: DocumentRecord) -> None:
        """Say how a document is shown."""
        self.console.print(Flow(_named("document", document_line(record), "magenta")))


def warn(sentences: Sequence[str]) -> None:
    """Print, as one line, why answers may be wrong."""
    if sentences:
        print(f"vtc-r1: {_warning(sentences)}", file=sys.stderr, flush=True)


def _warning(sentences: Sequence[str]) -> str:
    return printable("warning: " + "; ".join(sentences))


def show_trace(trace: Trace, console: Console, graphics: Graphics = PLAIN) -> None:
    """Print a whole trace as the live view showed it."""
    view = LiveView(console)
    view.show(events.Started(trace))
    for document in trace.documents:
        view.document(document)
    for iteration in trace.iterations:
        seen = vision_tokens(iteration.usage.vision_tokens, known=trace.counts_vision)
        console.print(_rule(iteration.index, len(iteration.pages_sent), seen, iteration.forced))
        console.print(_marked(iteration))
        after(iteration, console, known=trace.counts_vision)
        pages = [trace.pages[page.sha256] for page in iteration.pages if page.sha256 in trace.pages]
        console.print(PictureRow(pages, graphics), end="", crop=False)
    summary(trace, console)


def _marked(iteration: Iteration) -> Text:
    """Return a segment with the values set apart that were probably misread."""
    return Text.assemble(
        *((printable(part), "bold yellow" if doubt else "") for part, doubt in marked(iteration))
    )


def after(iteration: Iteration, console: Console, *, known: bool = True) -> None:
    """Print the pages made of a segment and other changes of the memory; `known`: vision tokens are exact."""
    changes = iteration.changes
    redrawn = iteration.canaries.redrawn if iteration.canaries else ()
    for page in iteration.pages:
        if page.sha256 in redrawn:
            larger = f"▫ a misread page, drawn larger: {page.width}×{page.height} px, "
            console.print(Text(f"{larger}{vision_tokens(page.vision_tokens, known=known)}", "magenta"))
        elif page.sha256 in changes.shrunk:
            smaller = f"▫ an older page, drawn smaller: {page.width}×{page.height} px, "
            console.print(Text(f"{smaller}{vision_tokens(page.vision_tokens, known=known)}", "magenta"))
        else:
            console.print(Flow(page_line(page, iteration, known=known)))
    if changes.facts:
        console.print(Flow(Text(f"▪ exact values as text: {printable(' · '.join(changes.facts))}", "cyan")))
    for reread in changes.rereads:
        outcome = (
            "refused" if reread.outcome == "refused" else f"as {reread.outcome}, {reread.tokens:,} tokens"
        )
        console.print(Text(f"◂ asked to see again: {printable(reread.request)} · {outcome}", "yellow"))
    if changes.dropped:
        console.print(Text(f"✂ {count(changes.dropped, 'part')} dropped for the budget", "yellow"))
    for line in told(iteration):
        console.print(Flow(Text(f"? {printable(line)}", "yellow")))


def summary(trace: Trace, console: Console) -> None:
    """Print how a solve ended and what it cost."""
    usage, style = trace.usage, "green" if trace.answer is not None else "red"
    console.print(Rule(style="dim"))
    ratio = f" · compression {trace.compression}" if trace.compression.vision > 0 else ""
    again = sum(iteration.carried.re_prefill for iteration in trace.iterations)
    re_prefill = f" · {again:,} memory tokens read again" if again else ""
    spent = (
        f"{count(len(trace.iterations), 'iteration')} · {usage.completion_tokens:,} tokens written · "
        f"{vision_tokens(usage.vision_tokens, known=trace.counts_vision)} read{ratio}{re_prefill} · "
        f"{trace.seconds:.1f} s{loaded(trace)}{_price(trace)}"
    )
    spent = " · ".join([spent, *told_in_short(trace)])
    console.print(Flow(Text.assemble((trace.ending, style), (f" · {spent}", "dim"))))
    if trace.error:
        console.print(Text(printable(trace.error), "red"))


def _price(trace: Trace) -> str:
    """Say what a solve cost; nothing where its model has no price."""
    try:
        found = priced(trace)
    except UsageError as error:
        found = f"price unknown: {error}"
    return f" · {found}" if found else ""


def loaded(trace: Trace) -> str:
    """Say how long the model took to load before the solve; nothing where it did not."""
    return f" after {trace.seconds_loading:.1f} s of loading" if trace.seconds_loading else ""


def document_line(document: DocumentRecord) -> str:
    """Say in one line how a document is shown, and what that costs."""
    if document.form == "text":
        return f"{document.name} · as text, {document.text_tokens:,} text tokens"
    carried = f"{document.text_tokens:,} text tokens → " if document.form == "pages" else "white, "
    pages = count(len(document.pages), "page")
    lacking = (
        f" · {count(document.missing_glyphs, 'character')} shown as escapes or not shaped"
        if document.missing_glyphs
        else ""
    )
    return f"{document.name} · {pages} · {carried}{document.vision_tokens:,} vision tokens{lacking}"


def page_line(page: PageRecord, iteration: Iteration, *, known: bool = True) -> Text:
    """Describe in one line the page made of a segment, and what it saves."""
    found = iteration.compression_of(page)
    return Text.assemble(
        ("▣ page ", "magenta"),
        (f"{page.width}×{page.height} px · ", "dim"),
        (f"{found.text:,} text tokens → {vision_tokens(page.vision_tokens, known=known)}", "magenta"),
        (f" · this page {found}" if known else "", "dim"),
    )


def _named(name: str, value: str, style: str) -> Text:
    return Text.assemble((f"{name:<9}", "cyan"), (printable(value), style))


def _rule(index: int, pages: int, vision: str, forced: bool) -> Heading:
    reads = f" · reads {count(pages, 'page')}, {vision}" if pages else ""
    return Heading(f"iteration {index + 1}{' (answer now)' if forced else ''}{reads}")
