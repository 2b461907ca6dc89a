"""Pages as small pictures in a row, on a terminal that shows some."""

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import ControlType, Segment

from vtc_r1.cli.terminal.graphics import Graphics, Pictures
from vtc_r1.renderers.page import Page

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_ROWS, FEWEST_ROWS = 12, 3
_INDENT, _GAP = 2, 2
_CHUNK = 4_096
"""Most characters of base64 in one command of kitty's protocol."""


@dataclass(frozen=True)
class PictureRow:
    """As many pages side by side as the width holds; nothing where the terminal shows no pictures."""

    pages: Sequence[Page]
    graphics: Graphics

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Keep rows free, then draw into them: where a picture leaves the cursor differs by terminal."""
        if self.graphics.protocol is Pictures.NONE or not self.pages or not console.is_terminal:
            return
        cell_width, cell_height = self.graphics.cell
        rows = _rows(self.pages, cell_height, options.size.height)
        if rows == 0:
            return
        drawn, column = [], _INDENT
        for image in _thumbnails(self.pages, rows * cell_height):
            columns = -(-image.width // cell_width)
            if column + columns > options.max_width:
                break
            drawn.append(f"\x1b7\x1b[{column}C{_sequence(image, rows, self.graphics.protocol)}\x1b8")
            column += columns + _GAP
        if drawn:
            yield Segment("\n" * rows)
            yield _raw(f"\x1b[{rows}A{''.join(drawn)}\x1b[{rows}B")


def _raw(sequence: str) -> Segment:
    """Return what is for the terminal and takes no room."""
    return Segment(sequence, None, [(ControlType.CURSOR_MOVE_TO_COLUMN, 0)])


def _rows(pages: Sequence[Page], cell_height: int, screen: int) -> int:
    """Return how many rows of text the pictures take; 0 where the screen is too low for any."""
    most = min(MOST_ROWS, screen // 2 - 2)
    wanted = -(-max(page.height for page in pages) // cell_height)
    return max(FEWEST_ROWS, min(most, wanted)) if most >= FEWEST_ROWS else 0


def _thumbnails(pages: Sequence[Page], height: int) -> "Iterator[Image]":
    """Draw the pages `height` pixels high, one after another."""
    from PIL import Image

    for page in pages:
        image = Image.fromarray(page.pixels).convert("L")
        width = max(1, round(page.width * height / page.height))
        yield image.resize((width, height), Image.Resampling.LANCZOS)


def _sequence(image: "Image", rows: int, protocol: Pictures) -> str:
    """Write a picture as its protocol wants it, `rows` rows of text high."""
    import numpy as np

    from vtc_r1.cli.terminal.sixel import sixel

    if protocol is Pictures.SIXEL:
        return sixel(np.asarray(image)).decode("ascii")
    file = io.BytesIO()
    image.save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    if protocol is Pictures.ITERM:
        size = f"size={len(file.getvalue())};height={rows};preserveAspectRatio=1"
        return f"\x1b]1337;File=inline=1;{size}:{data}\x07"
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    written = []
    for at, chunk in enumerate(chunks):
        first = f"a=T,f=100,q=2,C=1,r={rows}," if at == 0 else "q=2,"
        written.append(f"\x1b_G{first}m={int(at + 1 < len(chunks))};{chunk}\x1b\\")
    return "".join(written)
