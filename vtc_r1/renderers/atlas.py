"""The glyph atlas: every glyph of a font at one size as the list of its inked pixels."""

import io
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtc_r1.disk.atomic import write_atomic
from vtc_r1.renderers.glyph import Glyph
from vtc_r1.renderers.growing_array import GrowingArray
from vtc_r1.renderers.stamps import StampBook

PHASES = 4  #: sub-pixel positions at which each glyph of a proportional font is drawn
UNIT = 64  #: advances are counted in 1/64 px, as FreeType does
PRIVATE = 0x110000  #: first of the code points past Unicode that are used for finished pictures
PICTURES = 100_000  #: number of code points for pictures: the maximum number of different ones in a text
POINTS = PRIVATE + PICTURES  #: number of code points that an atlas distinguishes
SHIPPED: tuple[tuple[str, float, int | None], ...] = (
    ("DejaVuSans", 9, None),
    ("DejaVuSans", 11, None),
    ("DejaVuSans", 13, None),
    ("DejaVuSans", 16, None),
    ("DejaVuSansMono", 9, None),
    ("DejaVuSansMono", 13, 8),
)
"""Font, size and cell of the atlases that come with the package."""
FROZEN = (("DejaVuSansMono", 13, 8),)
"""Those that never change and, without fallback fonts, never grow: a checkpoint was trained on them."""


_KINDS: dict[str, type[np.generic]] = {
    "points": np.uint32,
    "advances": np.int32,
    "starts": np.int64,
    "lengths": np.int32,
    "rows": np.int16,
    "columns": np.int16,
    "values": np.uint8,
}


class Atlas:
    """Glyphs as runs of inked pixels; glyph g in phase p is run `g * phases + p`.

    It only grows at its end: a number from `index` stays valid, and threads may draw from it
    while another adds to it. Every attribute is a read-only view.

    Attributes:
        points: code point of each glyph, in the order of addition, shape (glyphs,).
        advances: pen advance of each glyph in 1/64 px, shape (glyphs,).
        starts: first pixel of each run, shape (glyphs × phases,); runs may share pixels.
        lengths: inked pixels of each run, shape (glyphs × phases,).
        rows: row of each pixel, counted down from the baseline, int8 or, once it has grown, int16.
        columns: column of each pixel, counted from the pen position, of the same type.
        values: coverage of each pixel, 0 to 255.
        index: glyph of each point, -1 if there is none, shape (`POINTS`,).
        phases: number of runs of a glyph, 1 in a fixed cell, `PHASES` otherwise.
        ascent: height of the font above the baseline, in em.
        descent: depth of the font below the baseline, in em.
        reach: how far ink extends up, down, left and right of the pen, in px.
        book: the runs in the form used for drawing.
    """

    points: NDArray[np.uint32]
    advances: NDArray[np.int32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]
    rows: NDArray[np.int8 | np.int16]
    columns: NDArray[np.int8 | np.int16]
    values: NDArray[np.uint8]

    def __init__(
        self, phases: int, ascent: float, descent: float, growing: Mapping[str, GrowingArray] | None = None
    ) -> None:
        """Make an atlas of the growing arrays `growing`, or an empty one."""
        self.phases, self.ascent, self.descent = phases, ascent, descent
        self._arrays = growing or {name: GrowingArray(np.zeros(0, kind)) for name, kind in _KINDS.items()}
        self._growing = Lock()
        self.book = StampBook()
        self.index: NDArray[np.int32] = np.full(POINTS, -1, np.int32)
        self.reach = (0, 0, 0, 0)
        self._publish(0, 0)

    def baseline(self, size: float, line_height: float) -> int:
        """Rows from the top of a line to its baseline."""
        return round((line_height + (self.ascent - self.descent) * size) / 2)

    def add(self, glyphs: Mapping[int, Glyph]) -> None:
        """Add glyphs in place, each under its code point; an existing glyph is kept.

        Raises ValueError for a glyph that has neither one run nor one for each phase.
        """
        if any(len(glyph.runs) not in (1, self.phases) for glyph in glyphs.values()):
            raise ValueError(f"a glyph of this atlas has 1 run or {self.phases}")
        with self._growing:
            fresh = {point: glyph for point, glyph in glyphs.items() if self.index[point] < 0}
            if not fresh:
                return
            runs = [run for glyph in fresh.values() for run in glyph.runs]
            lengths = np.array([len(run.values) for run in runs], np.int32)
            starts = len(self.values) + np.cumsum(lengths, dtype=np.int64) - lengths
            # A finished picture has one run for all phases, which share its pixels.
            repeats = [self.phases // len(glyph.runs) for glyph in fresh.values() for _ in glyph.runs]
            known, inked = len(self.points), len(self.values)
            for name, values in (
                ("rows", np.concatenate([run.rows for run in runs])),
                ("columns", np.concatenate([run.columns for run in runs])),
                ("values", np.concatenate([run.values for run in runs])),
                ("starts", np.repeat(starts, repeats)),
                ("lengths", np.repeat(lengths, repeats)),
                ("advances", np.array([glyph.advance for glyph in fresh.values()], np.int32)),
                ("points", np.array(list(fresh), np.uint32)),
            ):
                self._arrays[name].append(values)
            self._publish(known, inked)

    def plus(self, glyphs: Mapping[int, Glyph]) -> "Atlas":
        """Return an atlas with these glyphs added; this one is unchanged."""
        more = sum(len(run.values) for glyph in glyphs.values() for run in glyph.runs)
        more = max(more, self.phases * len(glyphs))
        with self._growing:
            growing = {name: self._arrays[name].copy(more, kind) for name, kind in _KINDS.items()}
        atlas = Atlas(self.phases, self.ascent, self.descent, growing)
        atlas.add(glyphs)
        return atlas

    def save(self, path: Path) -> None:
        """Write the atlas as a compressed `.npz`."""
        arrays: dict[str, NDArray[Any]] = {name: array.values for name, array in self._arrays.items()}
        ends = np.cumsum(self.lengths, dtype=np.int64)
        # Unless runs share pixels, their starts follow from the lengths and need not be stored.
        if np.array_equal(self.starts, ends - self.lengths):
            del arrays["starts"]
        for name in ("rows", "columns"):
            if np.abs(arrays[name]).max(initial=0) < 128:
                arrays[name] = arrays[name].astype(np.int8)
        arrays |= {"ascent": np.array(self.ascent), "descent": np.array(self.descent)}
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **arrays)
        write_atomic(path, file.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Atlas":
        """Read an atlas that `save` wrote; raises ValueError if its arrays do not fit together."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        lengths = arrays["lengths"]
        arrays.setdefault("starts", np.cumsum(lengths, dtype=np.int64) - lengths)
        phases = PHASES if len(lengths) > len(arrays["points"]) else 1
        growing = {name: GrowingArray(arrays[name]) for name in _KINDS}
        atlas = cls(phases, float(arrays["ascent"]), float(arrays["descent"]), growing)
        atlas._check()
        return atlas

    def _publish(self, known: int, inked: int) -> None:
        """Publish what was added, from this glyph and pixel on; the index is written last of all."""
        for name, array in self._arrays.items():
            setattr(self, name, array.values)
        rows, columns = self.rows[inked:], self.columns[inked:]
        if len(rows):
            ends = (-int(rows.min()), int(rows.max()) + 1, -int(columns.min()), int(columns.max()) + 1)
            up, down, left, right = (max(pair) for pair in zip(self.reach, ends, strict=True))
            self.reach = (up, down, left, right)
        # Readers take no lock and find a glyph through `index` alone, so its pixels must be in place before.
        self.index[self.points[known:]] = np.arange(known, len(self.points), dtype=np.int32)

    def _check(self) -> None:
        """Raise ValueError if the arrays do not fit together."""
        runs, pixels = len(self.points) * self.phases, len(self.values)
        ends = self.starts + self.lengths
        fits = (
            len(self.advances) == len(self.points)
            and len(self.starts) == len(self.lengths) == runs
            and len(self.rows) == len(self.columns) == pixels
            and min(self.starts.min(initial=0), self.lengths.min(initial=0)) >= 0
            and ends.max(initial=0) <= pixels
        )
        if not fits:
            raise ValueError("its arrays do not fit together")

    @staticmethod
    def filename(font: str, size: float, cell: int | None) -> str:
        """File name of a shipped atlas."""
        return f"{font}-{size:g}{f'-cell{cell}' if cell else ''}.npz"
