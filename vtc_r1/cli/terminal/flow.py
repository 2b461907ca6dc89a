"""Lines of parts with dots between them, broken only at the dots."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.rule import Rule
from rich.text import Text

DOT = " · "


class Flow:
    """A line whose parts stand whole: where the width ends, the next part begins a new line.

    No line begins or ends with a dot. A part that is wider than the terminal is wrapped between words.
    """

    def __init__(self, text: Text) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield as many lines as it takes."""
        yield self.at(options.max_width)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Tell how narrow and how wide it can be."""
        return Measurement.get(console, options, self.text)

    def at(self, width: int) -> Text:
        """Return the text as it stands in `width` columns."""
        first, *rest = self.text.plain.split(DOT)
        lines, begin, end = [], 0, len(first)
        for part in rest:
            start = end + len(DOT)
            if self.text[begin : start + len(part)].cell_len > width:
                lines.append(self.text[begin:end])
                begin = start
            end = start + len(part)
        return Text("\n").join([*lines, self.text[begin:end]])


class Heading:
    """A rule with a title of parts; those that do not fit on it stand below it."""

    def __init__(self, title: str) -> None:
        self.title = title

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the rule, and a line below it where it takes one."""
        first, *rest = Flow(Text(self.title)).at(options.max_width - 2).split("\n")
        fits = first.cell_len <= options.max_width - 2
        yield Rule(first, style="dim", align="left") if fits else first
        yield from rest
