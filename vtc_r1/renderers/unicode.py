"""Unicode properties of characters: combining marks, right-to-left scripts, East Asian text."""

import unicodedata

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers import scripts

_LONGEST_CLUSTER = 32  #: maximum length of a base and its marks; a longer cluster is not composed
_MARK, _RIGHT_TO_LEFT, _EAST_ASIAN, _SPACE, _KNOWN, _SHAPED = 1, 2, 4, 8, 16, 32
_JAMO = (0x1160, 0x11FF)
"""Vowels and final consonants of Korean syllables, which form one letter with what is before them."""
_CLOSING = frozenset("、。，．：；？！）］｝〉》」』】〕〗’”％…")

_classes = np.zeros(0x110000, np.uint8)  #: class of every code point, 0 if it has not been looked up yet


def is_mark(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which code points combine with the character before them."""
    return _has(points, _MARK)


def is_right_to_left(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which code points are letters of a script that runs from right to left."""
    return _has(points, _RIGHT_TO_LEFT)


def is_east_asian(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which code points are full-width characters, before which a line may start."""
    return _has(points, _EAST_ASIAN)


def is_space(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which code points are spaces, the only invisible characters that still show, as a gap."""
    return _has(points, _SPACE)


def needs_shaping(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which code points are letters that join, stack or change places with those next to them."""
    return _has(points, _SHAPED)


def compose(
    points: NDArray[np.uint32], source: NDArray[np.int64], whole: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Put bases and combining marks together (NFC); the composed letter keeps the base's place."""
    marks = np.flatnonzero(is_mark(points) | ((points >= _JAMO[0]) & (points <= _JAMO[1])))
    if not len(marks):
        return points, source, whole
    points, kept = points.copy(), np.ones(len(points), bool)
    runs = np.split(marks, np.flatnonzero(np.diff(marks) > 1) + 1)
    for run in runs:
        start, end = max(0, int(run[0]) - 1), int(run[-1]) + 1
        if end - start > _LONGEST_CLUSTER or points[start:end].max() > 0x10FFFF:
            continue
        composed = unicodedata.normalize("NFC", "".join(map(chr, points[start:end])))
        if len(composed) > end - start:  # a few marks stand for two others, and there is no room for them
            continue
        points[start : start + len(composed)] = [ord(character) for character in composed]
        kept[start + len(composed) : end] = False
    taken = np.flatnonzero(kept)
    return points[taken], source[taken], np.searchsorted(taken, whole[taken])


def _has(points: NDArray[np.uint32], bit: int) -> NDArray[np.bool_]:
    points = np.minimum(points, 0x10FFFF)
    classes = _classes.take(points)
    if not classes.all():
        for number in np.unique(points[classes == 0] >> 8).tolist():
            of_block = [_class(chr((number << 8) + at)) for at in range(256)]
            _classes[number << 8 : (number + 1) << 8] = of_block
        classes = _classes.take(points)
    return (classes & bit) > 0


def _class(character: str) -> int:
    return _shape_class(character) | _SHAPED * scripts.needs_shaping(character)


def _shape_class(character: str) -> int:
    category = unicodedata.category(character)
    if category in ("Mn", "Me"):
        return _KNOWN | _MARK
    if category == "Zs":
        return _KNOWN | _SPACE
    if unicodedata.bidirectional(character) in ("R", "AL"):
        return _KNOWN | _RIGHT_TO_LEFT
    wide = unicodedata.east_asian_width(character) in ("W", "F")
    return _KNOWN | _EAST_ASIAN if wide and character not in _CLOSING else _KNOWN
