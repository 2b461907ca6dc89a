"""Mathtext: one run of its source to a picture."""

import logging
import re
from functools import lru_cache
from os import fsdecode
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image, ImageFont

from vtc_r1.errors import MissingExtra
from vtc_r1.renderers.latex.tree import Unsound
from vtc_r1.renderers.typeset.picture import Picture, Placed, filled, place
from vtc_r1.renderers.typeset.style import SHRINK

LONGEST = 2000  #: maximum characters of mathtext source in one run; its parser takes about 0.3 ms for each
DEEPEST = 10  #: maximum nesting of groups in one run; its parser recurses some forty calls for each level

_LAID_OUT = 0.7  #: a script's size relative to its base, as in mathtext
_GROUP = re.compile(r"\\(?:left|right)(?![a-z])|\\.|[{}]", re.DOTALL)
_DUMMY = 0xA4
_PHASES = 4
_FINE = 8
_LOCK = Lock()


@lru_cache(2048)
def draw(source: str, size: float) -> Picture:
    """Draw mathtext source, given without dollars, at `size` px; the baseline is on a whole row.

    Raises Unsound if mathtext rejects it or lacks a glyph, MissingExtra without matplotlib.
    """
    if len(source) > LONGEST or _depth(source) > DEEPEST:
        raise Unsound("too long or too deep for mathtext")
    with _LOCK:
        glyphs, rules, baseline, advance = _laid_out(source, size)
        parts = [_glyph(name, em, point, x, y - baseline) for name, em, point, x, y in glyphs]
        for x, y, width, height in rules:
            thickness = max(1, round(height))
            column, end = round(x), max(round(x) + 1, round(x + width))
            row = -round(y - baseline + height / 2 - thickness / 2)
            parts.append(Placed(filled(thickness, end - column), column, row))
    return place(parts, advance)


def _depth(source: str) -> int:
    deepest = level = 0
    for mark in _GROUP.findall(source):
        if mark in ("{", r"\left"):
            level += 1
            deepest = max(deepest, level)
        elif mark in ("}", r"\right"):
            level -= 1
    return deepest


def _laid_out(source: str, size: float) -> tuple[list[Any], list[Any], float, float]:
    """Glyphs (font file, size, code point, x, y), rules (x, y, width, height), baseline and advance in px.

    A bar at either end, which is removed again, shows the exact baseline and end: mathtext itself
    gives both only in whole pixels.
    """
    parser, prop, style = _mathtext(size)
    try:
        drawn = parser.parse(rf"$|\math{style}{{{source}}}|$", 72, prop)
    except ValueError as error:
        _mathtext.cache_clear()
        raise Unsound(f"mathtext rejects it: {source[:40]}") from error
    except RecursionError:
        _mathtext.cache_clear()
        raise
    glyphs = []
    for face, em, point, *_, x, y in drawn.glyphs:
        name = fsdecode(face.fname)
        if point == _DUMMY or Path(name).name.startswith("cm"):
            raise Unsound("mathtext lacks a glyph")
        glyphs.append((name, _legible(em, size, name), point, float(x), float(y)))
    first, *inner, last = glyphs
    pen = _bar(first[0], first[1])
    inner = [(name, em, point, x - pen, y) for name, em, point, x, y in inner]
    rules = [(x - pen, float(y), width, height) for x, y, width, height in drawn.rects]
    return inner, rules, first[4], last[3] - pen


def _legible(em: float, size: float, name: str) -> float:
    """The em at which a glyph is drawn: scripts larger than laid out, for which their spacing leaves room."""
    return (
        em * SHRINK / _LAID_OUT if em <= _LAID_OUT * size and Path(name).name.startswith("DejaVuSans") else em
    )


@lru_cache(64)
def _bar(name: str, size: float) -> float:
    """Advance of the bar that a run starts with."""
    from matplotlib.font_manager import get_font
    from matplotlib.ft2font import LoadFlags

    face = get_font(name)
    face.set_size(size, 72)
    return float(face.load_char(ord("|"), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536)


@lru_cache(8)
def _mathtext(size: float) -> tuple[Any, Any, str]:
    """A parser of our own, the font, and the name of the alphabet that mathematics is set in by default."""
    logging.getLogger("matplotlib").addHandler(logging.NullHandler())
    try:
        from matplotlib import rcParamsDefault
        from matplotlib.font_manager import FontProperties
        from matplotlib.mathtext import MathTextParser
    except ImportError as error:
        raise MissingExtra(error.name or "matplotlib", "typeset", "drawing formulas") from error

    class Parser(MathTextParser):  # type: ignore[misc]
        """Shares no state with figures drawn at the same time."""

        _parser = None

    prop = FontProperties(family="DejaVu Sans", size=size, math_fontfamily="dejavusans")
    return Parser("path"), prop, rcParamsDefault["mathtext.default"]


def _glyph(name: str, size: float, point: int, x: float, y: float) -> Placed:
    """A glyph whose pen stands at (x, y) px, y upwards from the baseline."""
    pen = round(x * _PHASES)
    picture, left, row = _rasterised(name, round(size * _FINE), point, pen % _PHASES)
    return Placed(picture, pen // _PHASES + left, row - round(y))


@lru_cache(4096)
def _rasterised(name: str, eighths: int, point: int, phase: int) -> tuple[Picture, int, int]:
    """A glyph as coverage, and its first column and the row of its lower end from the pen position."""
    mask, (left, top) = _face(name, eighths).getmask2(
        chr(point), "L", start=(phase / _PHASES, 0.0), anchor="ls"
    )
    columns, rows = mask.size
    if not rows or not columns:
        return Picture(np.zeros((0, 0), np.uint8), 0, 0), 0, 0
    ink = np.array(Image.frombytes("L", mask.size, bytes(mask)))
    return Picture(ink, rows, columns), int(left), int(top) + rows


@lru_cache(128)
def _face(name: str, eighths: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(name, eighths / _FINE, layout_engine=ImageFont.Layout.BASIC)
