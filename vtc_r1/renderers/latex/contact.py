"""Contact: which parts may stand side by side just as they are.

Whether two neighbours need a space or a parenthesis (`joining`) hangs on their kinds, the first character
of the one and the last of the other, so it is asked once for each pair of such classes.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import count

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.latex.joining import join, settle
from vtc_r1.renderers.latex.tree import BAR, FRACTION, NUMBER, THIN, WIDE, Atom

EDGE, ALOOF, BEYOND = 0, 1, 2
"""Classes of what stands around formulas, of what shows nothing or acts on more than its neighbours, and of
what only the tree can print."""
_MOST = 256
"""Classes that are told apart; what comes after them is aloof."""
_TELLING = frozenset(" .,=!\\√∛∜")
_ALOOF = frozenset([BAR, THIN, WIDE])
_DIGITS = frozenset("0123456789⁰¹²³⁴⁵⁶⁷⁸⁹")

_classes: defaultdict[tuple[object, ...], int] = defaultdict(count(3).__next__)
_UNKNOWN, _HARMLESS, _HARMFUL = 0, 1, 2
_contacts = np.full(_MOST * _MOST, _UNKNOWN, np.uint8)
"""What becomes of two classes side by side, in rows of the first one."""


def class_of(part: Atom) -> int:
    """The class of a part; parts of one class are the same to their neighbours."""
    text, kind, tail = part
    if not text or kind in _ALOOF:
        return ALOOF
    number = _classes[kind, tail, _trait(text[0]), _trait(text[-1])]
    return number if number < _MOST else ALOOF


@lru_cache(1024)
def _trait(character: str) -> object:
    if character in _TELLING:
        return character
    return character.isalnum(), character.isdigit(), character in _DIGITS


def touching(classes: NDArray[np.intp], parts: Sequence[Atom]) -> NDArray[np.intp]:
    """Indices of the parts, of these classes, that act on the next one or are acted on by it."""
    pairs = classes[:-1] * _MOST + classes[1:]
    if not _contacts.take(pairs).all():
        _ask(pairs, parts)
    return np.flatnonzero(_contacts.take(pairs) == _HARMFUL)


def _ask(pairs: NDArray[np.intp], parts: Sequence[Atom]) -> None:
    """Find out what becomes of pairs of classes that have not met yet."""
    fresh, places = np.unique(pairs, return_index=True)
    for pair, at in zip(fresh.tolist(), places.tolist(), strict=True):
        if _contacts[pair] == _UNKNOWN:
            harmless = _are_harmless(divmod(pair, _MOST), parts[at], parts[at + 1])
            _contacts[pair] = _HARMLESS if harmless else _HARMFUL


def _are_harmless(classes: tuple[int, int], before: Atom, after: Atom) -> bool:
    if EDGE in classes or ALOOF in classes or BEYOND in classes:
        return EDGE in classes and max(classes) not in (ALOOF, BEYOND)
    if before.kind == NUMBER and after.kind == FRACTION:
        return False
    pair = [before, after]
    return settle(pair) == pair and join(pair) == before.text + after.text
