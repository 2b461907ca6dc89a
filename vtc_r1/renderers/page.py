"""A page: one rendered image and the text that it carries."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers import png
from vtc_r1.renderers.scripts import MissingScript

URI_HEAD = "data:image/png;base64,"  #: prefix of a page's `data:` URI, before the base64


@dataclass(frozen=True, eq=False, repr=False)
class Page:
    """One rendered image.

    Attributes:
        pixels: uint8, 0 black to 255 white: grey of shape (height, width), or red, green and blue of
            shape (height, width, 3).
        text: the exact slice of the source text that the page carries.
        vision_tokens: cost of the page for the model family that it was drawn for.
        missing_glyphs: characters that are drawn as an escape because no font has them, or without the
            shaping that their script needs.
        drawn: the characters as drawn on the page: formulas converted, packed newlines as their mark, a
            picture as U+FFFC; a soft line break adds nothing.
        lacks: scripts of those characters, by name.
        lines: left, top, right and bottom of each line's room in pixels, in reading order, shape (lines, 4);
            None if the renderer did not draw the page.
    """

    pixels: NDArray[np.uint8]
    text: str
    vision_tokens: int
    missing_glyphs: int = 0
    drawn: str = ""
    lacks: tuple[MissingScript, ...] = ()
    lines: NDArray[np.int32] | None = None

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    @cached_property
    def png(self) -> bytes:
        """The page as a PNG file, lossless."""
        return png.encode(self.pixels)

    @cached_property
    def base64(self) -> bytes:
        """The PNG in base64, the form in which a server receives it."""
        return base64.b64encode(self.png)

    @property
    def base64_bytes(self) -> int:
        """Length of `base64`, without encoding it."""
        return (len(self.png) + 2) // 3 * 4

    @property
    def data_uri(self) -> str:
        """The PNG as a `data:` URI."""
        return URI_HEAD + self.base64.decode()

    @cached_property
    def sha256(self) -> str:
        """Identity of the page: hash of its geometry and pixels, independent of the PNG encoder."""
        found = hashlib.sha256(f"{self.width}x{self.height}:".encode())
        found.update(np.ascontiguousarray(self.pixels).reshape(-1).data)
        return found.hexdigest()

    def ready(self) -> "Page":
        """Encode and hash it now, on the thread that drew it, instead of on first use."""
        _ = self.png, self.sha256
        return self

    def blank(self) -> "Page":
        """Return a white page of the same size and cost, which carries nothing."""
        return Page(np.full_like(self.pixels, 255), "", self.vision_tokens)

    def __eq__(self, other: object) -> bool:
        """Compare the parts of a page that a trace keeps: its pixels, its text and its cost."""
        if not isinstance(other, Page):
            return NotImplemented
        same = (self.text, self.vision_tokens) == (other.text, other.vision_tokens)
        return self is other or (same and np.array_equal(self.pixels, other.pixels))

    def __hash__(self) -> int:
        return hash((self.pixels.shape, self.text, self.vision_tokens))

    def __reduce__(self) -> tuple[type["Page"], tuple[object, ...]]:
        """Leave out what is derived from the pixels, so that a pickled page is not larger than they are."""
        said = (self.text, self.vision_tokens, self.missing_glyphs, self.drawn, self.lacks, self.lines)
        return Page, (self.pixels, *said)

    def __repr__(self) -> str:
        size = f"{self.width}×{self.height} px, {self.vision_tokens} vision tokens"
        return f"Page({size}, {len(self.text)} characters)"

    def _repr_png_(self) -> bytes:
        return self.png
