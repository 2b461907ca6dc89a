"""Delimiters as tall as their content."""

from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.latex.tree import Unsound
from vtc_r1.renderers.typeset.picture import Picture, Placed, place
from vtc_r1.renderers.typeset.stroke import Points, strokes, weight

_MIRRORED = {")": "(", "]": "[", "}": "{", "⟩": "⟨", ">": "⟨", "<": "⟨", "⌋": "⌊", "⌉": "⌈"}


def fenced(body: Picture, opening: str, closing: str, size: float) -> Picture:
    """Put `body` between two delimiters, each of which may be empty; Unsound for an unknown one."""
    parts, pen = [], 0
    around = _bounds(body, size)
    if opening:
        left = _delimiter(opening, *around, size, closes=opening in ")]}⟩>⌋⌉")
        parts.append(Placed(left))
        pen += left.width
    parts.append(Placed(body, pen))
    pen += body.width
    if closing:
        right = _delimiter(closing, *around, size, closes=closing not in "([{⟨<⌊⌈")
        parts.append(Placed(right, pen))
        pen += right.width
    return place(parts, pen)


def brace(width: int, size: float) -> NDArray[np.uint8]:
    """Ink of a horizontal brace over `width` columns, its point upwards."""
    return np.rot90(_ink("{", width, size), -1)


def _bounds(body: Picture, size: float) -> tuple[int, int]:
    """Rows above and below the baseline that a delimiter takes."""
    return max(body.ascent + 1, round(0.8 * size)), max(body.descent + 1, round(0.25 * size))


def _delimiter(sign: str, ascent: int, descent: int, size: float, closes: bool) -> Picture:
    ink = _ink(_MIRRORED.get(sign, sign), ascent + descent, size)
    if closes and sign not in "/∖↑↓↕":
        ink = ink[:, ::-1]
    padded = np.pad(ink, ((0, 0), (1, 2) if closes else (2, 1)))
    return Picture(padded, ascent, padded.shape[1])


def _ink(sign: str, height: int, size: float) -> NDArray[np.uint8]:
    """Ink of an opening delimiter."""
    thickness = weight(size)
    slim = max(3, round(0.3 * size))
    width = {
        "|": 1,
        "‖": 3,
        "{": max(4, round(0.45 * size)),
        "⟨": max(4, round(0.4 * size)),
        "/": max(3, height // 3),
    }.get(sign, slim)
    edge = thickness / 2
    lines = _lines(sign, edge, edge, width - edge, height - edge)
    return strokes(width, height, lines, thickness)


def _lines(sign: str, left: float, top: float, right: float, bottom: float) -> list[Points]:
    middle = (top + bottom) / 2
    match sign:
        case "|":
            return [[(left, top), (left, bottom)]]
        case "‖":
            return [[(left, top), (left, bottom)], [(right, top), (right, bottom)]]
        case "[":
            return [[(right, top), (left, top), (left, bottom), (right, bottom)]]
        case "⌊":
            return [[(left, top), (left, bottom), (right, bottom)]]
        case "⌈":
            return [[(right, top), (left, top), (left, bottom)]]
        case "⟨":
            return [[(right, top), (left, middle), (right, bottom)]]
        case "/":
            return [[(right, top), (left, bottom)]]
        case "(":
            steps = [pi * step / 24 for step in range(25)]
            bulge, half = right - left, (bottom - top) / 2
            return [[(right - bulge * sin(at), middle - half * cos(at)) for at in steps]]
        case "{":
            return [_brace(left, top, right, bottom)]
    raise Unsound(f"no tall {sign}")


def _brace(left: float, top: float, right: float, bottom: float) -> Points:
    """Four quarter circles, joined by straight lines down the middle."""
    centre, middle = (left + right) / 2, (top + bottom) / 2
    radius = min(right - centre, (bottom - top) / 4)
    quarter = [pi / 2 * step / 8 for step in range(9)]
    upper = [(right - radius * sin(at), top + radius * (1 - cos(at))) for at in quarter]
    upper += [(left + radius * cos(at), middle - radius * (1 - sin(at))) for at in quarter]
    return [*upper, *((x, top + bottom - y) for x, y in reversed(upper))]
