"""A memory whose pages are damaged: some of what was written cannot be read again.

What is damaged depends on everything that was written before, and on nothing else, so a solve can be
replayed, and the same line on two pages is damaged in two ways: what is written twice is likelier to survive.
"""

import hashlib
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from vtc_r1.memory import Terms
from vtc_r1.memory.base import UNBOUNDED, Draws
from vtc_r1.memory.optical import Optical
from vtc_r1.memory.parts import Bounded
from vtc_r1.renderers import Page

_PAPER = 255
Pixels = NDArray[np.uint8]


class NoiseOptions(Bounded):
    """How pages are damaged.

    Attributes:
        harm: `blots` cover whole characters of pages in cells, `specks` invert single pixels.
        share: of the characters, or of the pixels.
    """

    harm: Literal["blots", "specks"] = "blots"
    share: float = Field(0.05, ge=0, le=1)


class Noisy(Optical):
    """Every earlier segment as damaged pages."""

    name = "noisy"
    takes = NoiseOptions

    def __init__(self, renderer: Draws, options: Bounded | None = None, terms: Terms = UNBOUNDED) -> None:
        super().__init__(renderer, options, terms)
        self._written = hashlib.sha256()

    def _draw(self, segment: str) -> list[Page]:
        return [self._damaged(page) for page in super()._draw(segment)]

    def _damaged(self, page: Page) -> Page:
        self._written.update(page.text.encode() + b"\0")
        rng = np.random.default_rng(np.frombuffer(self._written.digest(), np.uint32))
        assert isinstance(self.options, NoiseOptions)
        damage = _blotted if self.options.harm == "blots" else _specked
        pixels = damage(page.pixels, rng, self.options.share, self.renderer.profile.cell or page.height)
        return replace(page, pixels=pixels)


def _blotted(pixels: Pixels, rng: np.random.Generator, share: float, cell: int) -> Pixels:
    """Cover columns of cells; only those with ink matter."""
    hit = rng.random(-(-pixels.shape[1] // cell)) < share
    return np.where(np.repeat(hit, cell)[: pixels.shape[1]], np.uint8(_PAPER), pixels)


def _specked(pixels: Pixels, rng: np.random.Generator, share: float, cell: int) -> Pixels:
    hit = rng.random(pixels.shape) < share
    return np.where(hit, _PAPER - pixels, pixels)
