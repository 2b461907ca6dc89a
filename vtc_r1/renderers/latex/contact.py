"""Contact: which parts may stand side by side just as they are.

Whether two neighbours need a space or a parenthesis (`joining`) hangs on their kinds, the first character
of the one and the last of the other, so it is asked once for each pair of such classes.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import count, pairwise

from vtc_r1.renderers.latex.joining import join, settle
from vtc_r1.renderers.latex.tree import BAR, FRACTION, NUMBER, THIN, WIDE, Atom

EDGE, ALOOF, BEYOND = 0, 1, 2
"""Classes of what stands around formulas, of what shows nothing or acts on more than its neighbours, and of
what only the tree can print."""
_TELLING = frozenset(" .,=!\\√∛∜")
_ALOOF = frozenset([BAR, THIN, WIDE])
_DIGITS = frozenset("0123456789⁰¹²³⁴⁵⁶⁷⁸⁹")

_classes: defaultdict[tuple[object, ...], int] = defaultdict(count(3).__next__)
_harmless: set[tuple[int, int]] = set()
_harmful: set[tuple[int, int]] = set()


def class_of(part: Atom) -> int:
    """The class of a part; parts of one class are the same to their neighbours."""
    text, kind, tail = part
    if not text or kind in _ALOOF:
        return ALOOF
    return _classes[kind, tail, _trait(text[0]), _trait(text[-1])]


@lru_cache(1024)
def _trait(character: str) -> object:
    if character in _TELLING:
        return character
    return character.isalnum(), character.isdigit(), character in _DIGITS


def touching(classes: Sequence[int], parts: Sequence[Atom]) -> list[bool]:
    """Whether each part and the next one, of these classes, act on each other."""
    pairs = [*pairwise(classes)]
    if not _harmless.issuperset(pairs):
        for at, pair in enumerate(pairs):
            if pair not in _harmless and pair not in _harmful:
                harmless = _are_harmless(pair, parts[at], parts[at + 1])
                (_harmless if harmless else _harmful).add(pair)
    return [*map(_harmful.__contains__, pairs)]


def _are_harmless(classes: tuple[int, int], before: Atom, after: Atom) -> bool:
    if EDGE in classes or ALOOF in classes or BEYOND in classes:
        return EDGE in classes and max(classes) not in (ALOOF, BEYOND)
    if before.kind == NUMBER and after.kind == FRACTION:
        return False
    pair = [before, after]
    return settle(pair) == pair and join(pair) == before.text + after.text
