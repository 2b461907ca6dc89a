r"""Shaping: from a text to the characters on its pages, each with its source position.

The mapping, in this order:

- A formula becomes its linear form or its picture if the profile requires one and it has one.
- `\r\n` and a lone `\r` are newlines. A base letter and its combining marks become one letter where
  Unicode has it (NFC). A tab is four spaces in code, in tables and at the start of a line, else one.
- In the `reflow` layout a newline becomes the newline mark, except in and around code and tables; a
  mark, or an escape, that the text itself holds is written as an escape, to tell the two apart. So is
  the mark of a wrapped row in code and tables.
- A character that no font has, or that would be invisible (a zero-width space, a control), becomes
  `⟨U+200B⟩` (`<U+200B>` if the font lacks the brackets).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers import unicode
from vtc_r1.renderers.atlas import PRIVATE
from vtc_r1.renderers.blocks import blocks

NEWLINE, RETURN, TAB, SPACE = 0x0A, 0x0D, 0x09, 0x20
_TAB_STOP = 4
_ESCAPE = "⟨U+{:04X}⟩"
_WRITTEN_ESCAPE = re.compile(r"⟨(?=U\+[0-9A-F]{4,6}⟩)")

PICTURE = "\ufffc"  #: represents a picture in text: the object replacement character

Points = NDArray[np.uint32]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Piece(NamedTuple):
    """A formula: text[start:end] is drawn as `shown`."""

    start: int
    end: int
    shown: str  #: its linear form, or `PICTURE` with the blanks that separate it from the text
    picture: int | None = None  #: private code point of its picture
    block: bool = False  #: whether it has lines of its own


@dataclass(frozen=True, eq=False)
class Shaped:
    """Characters in reading order; all arrays but `missing` and `unshaped` have shape (characters,)."""

    points: Points  #: code points; a newline ends its line
    source: Indices  #: index into the text for each character, ascending
    tied: Flags  #: no line should start at this character: it is inside a number or an escape
    whole: Indices  #: index of the first character of the formula that this one belongs to, or its own
    marks: Flags  #: the character belongs to a newline mark, or to that of a wrapped row
    rows: Flags  #: the character is in a row of code or of a table
    missing: Indices  #: indices into the text of characters that no font has
    unshaped: Indices  #: likewise of those drawn without the shaping that they need


def shape(
    text: str,
    *,
    formulas: Sequence[Piece] = (),
    mark: str | None = None,
    wrap: str | None = None,
    known: Callable[[Points], Flags],
) -> Shaped:
    """Shape `text`.

    Args:
        text: any text, lone surrogates included.
        formulas: formulas with another form, in order, not overlapping.
        mark: what a newline becomes; None if every newline ends its line.
        wrap: the mark of a wrapped row of code; None for no mark.
        known: returns which of some code points a font can draw.
    """
    points, source, whole = _with_formulas(text, formulas)
    points, source, whole = _with_newlines(points, source, whole)
    if not text.isascii():
        points, source, whole = unicode.compose(points, source, whole)
    verbatim, rows = _verbatim(text, formulas)
    tabs = _stops(points, verbatim[source])
    if tabs is not None:
        points, source, whole = (
            np.where(points == TAB, np.uint32(SPACE), points)[tabs],
            source[tabs],
            _moved(whole, tabs),
        )
    verbatim, rows = verbatim[source], rows[source]
    packed = _packed(points, verbatim, mark)
    replaced = np.zeros(len(points), bool)
    if not text.isascii():
        replaced = _written_escapes(points, mark) | (_written_marks(points, wrap) & rows)
    drawable = known(points) | (points == NEWLINE)
    marked = encode(mark or "")
    if not known(marked).all():
        drawable, packed = drawable & ~packed, np.zeros(len(points), bool)
    missing = np.unique(source[~drawable])
    unshaped = missing[:0] if text.isascii() else np.unique(source[drawable & unicode.needs_shaping(points)])
    points, spread = _replace(points, packed, marked, replaced | ~drawable, known)
    source, whole = source[spread], _moved(whole, spread)
    return Shaped(
        points, source, _tied(points, spread), whole, packed[spread], rows[spread], missing, unshaped
    )


def decode(points: Points) -> str:
    """Text of some code points, including lone surrogates; the picture of a formula is U+FFFC."""
    points = np.where(points >= PRIVATE, np.uint32(ord(PICTURE)), points)
    return points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def encode(text: str) -> Points:
    """Code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)


def _with_formulas(text: str, formulas: Sequence[Piece]) -> tuple[Points, Indices, Indices]:
    """Insert the formulas' other forms; their characters map to proportional positions in the source."""
    shown: list[str] = []
    starts: list[int] = []
    spans: list[int] = []
    at = 0
    pictures: list[tuple[int, int, int]] = []
    for piece in formulas:
        form = piece.shown
        if piece.block:
            form = "\n"[text[piece.start - 1 : piece.start] in ("", "\n") :] + form
            form += "\n"[text[piece.end : piece.end + 1] in ("", "\n") :]
        if piece.picture is not None:
            pictures.append((len(shown) + 1, form.index(PICTURE), piece.picture))
        shown += [text[at : piece.start], form]
        starts += [at, piece.start]
        spans += [piece.start - at, piece.end - piece.start]
        at = piece.end
    points = encode("".join([*shown, text[at:]]) if shown else text)
    if not shown:
        return points, np.arange(len(points)), np.arange(len(points))
    lengths = np.array([*map(len, shown), len(text) - at])
    ends = np.cumsum(lengths)
    begin, whole = np.repeat(ends - lengths, lengths), np.arange(len(points))
    per = np.repeat(np.array([*spans, len(text) - at]), lengths)
    source = np.repeat(np.array([*starts, at]), lengths)
    source += (whole - begin) * per // np.repeat(np.maximum(lengths, 1), lengths)
    is_formula = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    for number, within, point in pictures:
        points[int(ends[number] - lengths[number]) + within] = point
    return points, source, np.where(is_formula, begin, whole)


def _with_newlines(points: Points, source: Indices, whole: Indices) -> tuple[Points, Indices, Indices]:
    returns = points == RETURN
    if not returns.any():
        return points, source, whole
    before = np.flatnonzero(returns[:-1] & (points[1:] == NEWLINE))
    source = source.copy()
    source[before + 1] = source[before]
    kept = np.delete(np.arange(len(points)), before)
    return np.where(returns, np.uint32(NEWLINE), points)[kept], source[kept], _moved(whole, kept)


def _moved(whole: Indices, taken: Indices) -> Indices:
    """`whole` of the characters `taken`, each possibly several times, as indices among them."""
    if len(taken) == len(whole) and (not len(taken) or taken[-1] == len(whole) - 1):
        return whole
    return np.searchsorted(taken, whole[taken])


def _verbatim(text: str, formulas: Sequence[Piece]) -> tuple[Flags, Flags]:
    """Which characters of the text keep their lines: those in code, tables and formulas set apart.

    The first array includes the newline before each of them; the second has only code and tables.
    """
    inside, rows = np.zeros((2, len(text) + 1), bool)
    for piece in formulas:
        if piece.block:
            inside[max(0, piece.start - 1) : piece.end + 1] = True
    for start, end in blocks(text):
        inside[max(0, start - 1) : end] = True
        rows[start:end] = True
    return inside, rows


def _stops(points: Points, verbatim: Flags) -> Indices | None:
    """Index of each character, that of a wide tab several times; None if there is no tab."""
    tabs = points == TAB
    if not tabs.any():
        return None
    at = np.arange(len(points))
    ink = np.maximum.accumulate(np.where(tabs | (points == SPACE), -1, at))
    leads = (ink < 0) | (points[np.maximum(ink, 0)] == NEWLINE)
    return np.repeat(at, np.where(tabs & (verbatim | leads), _TAB_STOP, 1))


def _packed(points: Points, verbatim: Flags, mark: str | None) -> Flags:
    if mark is None:
        return np.zeros(len(points), bool)
    packed: Flags = (points == NEWLINE) & ~verbatim
    return packed


def _written_marks(points: Points, mark: str | None) -> Flags:
    """Characters of the text that equal a mark."""
    return points == ord(mark) if mark is not None and len(mark) == 1 else np.zeros(len(points), bool)


def _written_escapes(points: Points, mark: str | None) -> Flags:
    """Characters of the text that could be mistaken for a mark or the start of an escape."""
    found = _written_marks(points, mark)
    if (points == ord("⟨")).any():
        text = decode(points)
        found[[match.start() for match in _WRITTEN_ESCAPE.finditer(text)]] = True
    return found


def _replace(
    points: Points, packed: Flags, marked: Points, escaped: Flags, known: Callable[[Points], Flags]
) -> tuple[Points, Indices]:
    """Insert marks and escapes; returns the source index of each character."""
    if not packed.any() and not escaped.any():
        return points, np.arange(len(points))
    if len(marked) == 1 and not escaped.any():
        return np.where(packed, marked[0], points), np.arange(len(points))
    texts = {int(point): _escape(int(point), known) for point in np.unique(points[escaped])}
    lengths = np.where(packed, len(marked), 1)
    lengths[escaped] = [len(texts[int(point)]) for point in points[escaped]]
    spread = np.repeat(np.arange(len(points)), lengths)
    expanded = points[spread]
    if packed.any():
        expanded[packed[spread]] = np.tile(marked, int(packed.sum()))
    if escaped.any():
        expanded[escaped[spread]] = np.concatenate([texts[int(point)] for point in points[escaped]])
    return expanded, spread


def _escape(point: int, known: Callable[[Points], Flags]) -> Points:
    written = _ESCAPE.format(point)
    escape = encode(written)
    return escape if known(escape).all() else encode(written.replace("⟨", "<").replace("⟩", ">"))


def _tied(points: Points, spread: Indices) -> Flags:
    """Digits of one number, and the characters of one escape, mark or combined letter, stay together."""
    digit = (points >= 0x30) & (points <= 0x39)
    tied = np.zeros(len(points), bool)
    tied[1:] = spread[1:] == spread[:-1]
    tied[1:] |= digit[1:] & digit[:-1]
    point = (points == ord(".")) | (points == ord(","))
    inside = point[1:-1] & digit[:-2] & digit[2:]
    tied[1:-1] |= inside
    tied[2:] |= inside
    tied |= unicode.is_mark(points)
    return tied
