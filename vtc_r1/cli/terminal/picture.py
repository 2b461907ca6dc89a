"""Pages as small pictures in a row, on a terminal that shows some, also by sixels."""

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import ControlType, Segment

from vtc_r1.cli.terminal.graphics import Graphics, Pictures
from vtc_r1.renderers.page import Page

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_ROWS, FEWEST_ROWS = 12, 3
_INDENT, _GAP = 2, 2
_CHUNK = 4_096  #: maximum characters of base64 in one command of kitty's protocol


@dataclass(frozen=True)
class PictureRow:
    """As many pages side by side as the width holds; nothing where the terminal shows no pictures."""

    pages: Sequence[Page]
    graphics: Graphics

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Keep rows free, then draw into them: where a picture leaves the cursor differs by terminal."""
        if self.graphics.protocol is Pictures.NONE or not self.pages or not console.is_terminal:
            return
        scale = _scale(self.pages, self.graphics.cell, options)
        drawn, column, most = [], _INDENT, 0
        for page in self.pages if scale else ():
            image, columns, rows = _thumbnail(page, scale, self.graphics.cell)
            if column + columns > options.max_width:
                break
            drawn.append(f"\x1b7\x1b[{column}C{_sequence(image, rows, self.graphics.protocol)}\x1b8")
            column, most = column + columns + _GAP, max(most, rows)
        if drawn:
            yield Segment("\n" * most)
            yield _raw(f"\x1b[{most}A{''.join(drawn)}\x1b[{most}B")


def _raw(sequence: str) -> Segment:
    """Return what is for the terminal and takes no room."""
    return Segment(sequence, None, [(ControlType.CURSOR_MOVE_TO_COLUMN, 0)])


def _scale(pages: Sequence[Page], cell: tuple[int, int], options: ConsoleOptions) -> float:
    """Return by how much the pages are scaled, all of them alike; 0 where the screen is too low for any."""
    most = min(MOST_ROWS, options.size.height // 2 - 2)
    if most < FEWEST_ROWS:
        return 0.0
    tallest = max(page.height for page in pages)
    by_height = min(most * cell[1], max(FEWEST_ROWS * cell[1], tallest)) / tallest
    return min(by_height, (options.max_width - _INDENT) * cell[0] / pages[0].width)


def _thumbnail(page: Page, scale: float, cell: tuple[int, int]) -> "tuple[Image, int, int]":
    """Draw a page smaller, on white that fills whole rows; return it with the columns and rows it takes."""
    from PIL import Image

    width, height = (max(1, int(side * scale)) for side in (page.width, page.height))
    columns, rows = -(-width // cell[0]), -(-height // cell[1])
    small = Image.fromarray(page.pixels).convert("L").resize((width, height), Image.Resampling.LANCZOS)
    whole = Image.new("L", (width, rows * cell[1]), 255)
    whole.paste(small)
    return whole, columns, rows


def _sequence(image: "Image", rows: int, protocol: Pictures) -> str:
    """Write a picture as its protocol wants it, `rows` rows of text high."""
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


_GREYS = 16
_WEIGHTS = np.array([[1], [2], [4], [8], [16], [32]], np.uint8)  #: of the six rows of pixels in a character
_RUN = re.compile(rb"(.)\1{3,}")
_START, _END = b'\x1bP0;1;0q"1;1;%d;%d', b"\x1b\\"


def sixel(pixels: NDArray[np.uint8]) -> bytes:
    """Encode grey `pixels` of shape (height, width), 0 black to 255 white, in sixteen greys."""
    height, width = pixels.shape
    padded = np.full((-(-height // 6) * 6, width), 255, np.uint8)
    padded[:height] = pixels
    levels = (padded.astype(np.uint16) * (_GREYS - 1) + 127) // 255
    parts = [_START % (width, height)]
    for grey in range(_GREYS):
        parts.append(b"#%d;2;%d;%d;%d" % (grey, *[round(100 * grey / (_GREYS - 1))] * 3))
    for top in range(0, padded.shape[0], 6):
        band = levels[top : top + 6]
        parts.append(b"$".join(_row(band == grey, int(grey)) for grey in np.unique(band)) + b"-")
    return b"".join(parts) + _END


def _row(inked: NDArray[np.bool_], grey: int) -> bytes:
    """Encode where one grey stands in a band of six rows."""
    line = ((inked * _WEIGHTS).sum(axis=0, dtype=np.uint8) + 63).tobytes()
    return b"#%d" % grey + _RUN.sub(lambda run: b"!%d%s" % (len(run[0]), run[1]), line)
