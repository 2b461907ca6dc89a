"""Contact: which parts may stand side by side just as they are.

Whether two neighbours need a space or a parenthesis (`joining`) hangs on their kinds, the first character
of the one and the last of the other, so it is asked once for each pair of such classes.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import count

from vtc_r1.renderers.latex.joining import join, settle
from vtc_r1.renderers.latex.tree import BAR, FRACTION, NUMBER, THIN, WIDE, Atom

ALOOF = 0
"""Class of what shows nothing, and of what acts on more than its neighbours."""
_TELLING = frozenset(" .,=!\\√∛∜")
_ALOOF = frozenset([BAR, THIN, WIDE])

_classes: defaultdict[tuple[object, ...], int] = defaultdict(count(1).__next__)
_harmless: set[tuple[int, int]] = set()
_harmful: set[tuple[int, int]] = set()


def class_of(part: Atom) -> int:
    """The class of a part; parts of one class are the same to their neighbours."""
    text, kind, tail = part
    if not text or kind in _ALOOF:
        return ALOOF
    return _classes[kind, tail, _trait(text[0]), _trait(text[-1])]


def _trait(character: str) -> object:
    if character in _TELLING:
        return character
    return character.isalnum(), character.isdigit(), character in "0123456789⁰¹²³⁴⁵⁶⁷⁸⁹"


def is_harmless(classes: Sequence[int], parts: Sequence[Atom]) -> bool:
    """Whether the parts, each of its class, print as their texts one after the other."""
    pairs = [*zip(classes, classes[1:], strict=False)]
    if _harmless.issuperset(pairs):
        return classes[0] != ALOOF
    if ALOOF in classes or not _harmful.isdisjoint(pairs):
        return False
    for at, pair in enumerate(pairs):
        (_harmless if _is_harmless(parts[at], parts[at + 1]) else _harmful).add(pair)
    return _harmless.issuperset(pairs)


def _is_harmless(before: Atom, after: Atom) -> bool:
    if before.kind == NUMBER and after.kind == FRACTION:
        return False
    pair = [before, after]
    return settle(pair) == pair and join(pair) == before.text + after.text
