"""The glyph atlas: every glyph of a font at one size as the list of its inked pixels."""

from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PHASES = 4
"""Sub-pixel positions at which each glyph of a proportional font is drawn."""
UNIT = 64
"""Advances are counted in 1/64 px, as FreeType does."""
ESCAPE = "⟨U+{:04X}⟩"
"""How a character that the font lacks is drawn."""


@dataclass(frozen=True, eq=False)
class Atlas:
    """Glyphs as runs of inked pixels, `lengths[glyph * phases + phase]` pixels each.

    Attributes:
        points: code point of each glyph, ascending, shape (glyphs,).
        advances: pen advance of each glyph in 1/64 px, shape (glyphs,).
        lengths: inked pixels of each run, shape (glyphs × phases,).
        rows: row of each pixel, counted down from the baseline.
        columns: column of each pixel, counted from the pen position.
        values: coverage of each pixel, 0 to 255.
        ascent: height of the font above the baseline, in em.
        descent: depth of the font below the baseline, in em.
    """

    points: NDArray[np.uint32]
    advances: NDArray[np.int32]
    lengths: NDArray[np.int32]
    rows: NDArray[np.int8]
    columns: NDArray[np.int8]
    values: NDArray[np.uint8]
    ascent: float
    descent: float

    @property
    def phases(self) -> int:
        """Runs a glyph has: 1 in a fixed cell, `PHASES` otherwise."""
        return len(self.lengths) // len(self.points)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Index of the first pixel of each run."""
        ends = np.cumsum(self.lengths, dtype=np.int64)
        return ends - self.lengths

    @cached_property
    def reach(self) -> tuple[int, int, int, int]:
        """How far ink goes up and down from a baseline, and left and right from a pen position, in px."""
        rows, columns = (self.rows, self.columns) if len(self.rows) else (np.zeros(1, np.int8),) * 2
        outer = (-int(rows.min()), int(rows.max()) + 1, -int(columns.min()), int(columns.max()) + 1)
        up, down, left, right = (max(0, reach) for reach in outer)
        return up, down, left, right

    @cached_property
    def index(self) -> NDArray[np.int32]:
        """Glyph of each code point, -1 where there is none, shape (0x110000,)."""
        table = np.full(0x110000, -1, np.int32)
        table[self.points] = np.arange(len(self.points), dtype=np.int32)
        return table

    def baseline(self, size: float, line_height: float) -> int:
        """Rows from the top of a line to its baseline."""
        return round((line_height + (self.ascent - self.descent) * size) / 2)

    def save(self, path: Path) -> None:
        """Write the atlas as a compressed `.npz`."""
        np.savez_compressed(path, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "Atlas":
        """Read an atlas that `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            values = {name: arrays[name] for name in arrays.files}
        return cls(**{**values, "ascent": float(values["ascent"]), "descent": float(values["descent"])})

    @staticmethod
    def filename(font: str, size: float, cell: int | None) -> str:
        """Name under which an atlas is shipped."""
        return f"{font}-{size:g}{f'-cell{cell}' if cell else ''}.npz"


@lru_cache(maxsize=8)
def load_atlas(font: str, size: float, cell: int | None) -> Atlas:
    """Load the shipped atlas of a font and size, or rasterise it now where none is shipped."""
    shipped = resources.files("vtc_r1.renderers") / "atlases" / Atlas.filename(font, size, cell)
    with resources.as_file(shipped) as path:
        if path.exists():
            return Atlas.load(path)
    from vtc_r1.renderers.rasterise import covered, rasterise

    return rasterise(font, size, cell, covered(font))
