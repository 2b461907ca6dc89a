"""Quotes: values of a segment, looked up in the pages that the model read when it wrote it.

A value that differs from one on a page may be a new result; the text around it decides. In a quote, the
words and the other values on both sides are those of the page; in a new line of the same form, other values
differ too. So the weights of words in common are added up, those of differing values are subtracted, and only
a value one edit away in a text with enough in common counts as misread. With less in common it is ambiguous:
formulas are often quoted without the words around them, and new ones of the same form are frequent.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from vtc_r1.verification.sources import END, Sources, padded

Finding = Literal["exact", "misread", "ambiguous", "absent"]
"""`exact`: on a page; `misread`: one edit away from the value on the quoted page; `ambiguous`: one edit away
from several values, or with too little text in common to tell; `absent`: on no page."""

_REACH = 12  #: words compared on each side of a value
_ENOUGH = 6.5  #: minimum weight of the words in common that makes a text a quote
_LITTLE = 2.0  #: minimum weight that makes it ambiguous
_ALIKE = 3.0  #: minimum weight of the words in common in lines of one form
_MOST_ALIKE = 3  #: number of different values in such lines that makes them a form
_NEARBY = 1.0  #: like _ENOUGH, for a long value on no page that is one edit away from one on a page
_LONG = 5  #: minimum characters of a value that is unlikely to be one edit away from another by chance
_DIFFERENT, _FAR, _MOST_DIFFERENT = 2.5, 6.0, 2
"""Weight of a value that differs by one edit, and by more; how many may differ on one side."""
_WORD, _SHORT, _SIGN, _VALUE, _DIGIT = 1.0, 0.6, 0.4, 1.6, 0.25
"""Weights of a word, one of up to three letters, a sign, a value, and each of its further characters."""


@dataclass(frozen=True)
class Quote:
    """One value of a segment.

    Attributes:
        start: offset of its first character in the segment.
        end: offset after its last one.
        value: the value as compared.
        finding: result of looking it up.
        place: position in the sources of the value that was misread; of the best match if there are several.
    """

    start: int
    end: int
    value: str
    finding: Finding
    place: int | None = None


def quotes(text: str, sources: Sources, pages: Collection[int], texts: Collection[int] = ()) -> list[Quote]:
    """Look up every value of a segment, in time linear in its length.

    Args:
        text: the segment.
        sources: what the model was given, and perhaps more.
        pages: numbers of the sources that it read from pages.
        texts: numbers of those that it read as text; values quoted from them are exact.
    """
    found, keys = padded(text)
    given, values = {*pages, *texts}, {at for at, word in enumerate(found, 2) if word.is_value}
    looked_up = []
    shift = 0  # offset from the last value to the one it quotes, the same for the next value of a quote
    for at, word in enumerate(found, 2):
        if word.is_value:
            finding, place, shift = _look_up(keys, values, at, sources, pages, given, shift)
            looked_up.append(Quote(word.start, word.end, word.key, finding, place))
    return looked_up


def _look_up(
    keys: list[str],
    values: set[int],
    at: int,
    sources: Sources,
    pages: Collection[int],
    given: Collection[int],
    shift: int,
) -> tuple[Finding, int | None, int]:
    key = keys[at]
    places = [place for place in sources.placed_like(keys, at) if sources.source(place) in given]
    if at + shift in sources.values and sources.source(at + shift) in given:
        places.insert(0, at + shift)
    same = 0.0
    for place in places:
        if sources.keys[place] == key:
            same = max(same, _in_common(keys, values, at, sources, place))
            if same >= _ENOUGH:
                return "exact", None, place - at
    is_known = same > 0 or any(sources.source(place) in given for place in sources.places(key))
    least = _ENOUGH
    if not is_known and (spelt := sources.spelt_like(key)):
        places, least = [*places, *spelt], _NEARBY
    others: dict[str, tuple[float, int]] = {}
    certain = False
    form: set[str] = set()  # values of the pages in lines of this form; if several, this is a new one
    for place in places:
        other = sources.keys[place]
        if other == key or sources.source(place) not in pages:
            continue
        score = _in_common(keys, values, at, sources, place)
        if score >= _ALIKE:
            form.add(other)
        if _is_near(key, other):
            needed = _ENOUGH if len(other) < _LONG else least
            if least < _ENOUGH and not other.replace(".", "").isdecimal():
                needed = -math.inf  # a string of letters and digits is copied, never computed
            if score >= min(needed, _LITTLE) and (score > same or not is_known):
                others[other] = max((score, place), others.get(other, (score, place)))
                certain = certain or score >= needed
    if not others:
        return ("exact" if is_known else "absent"), None, 0
    best, place = max(others.values())
    is_one = certain and len(form) < _MOST_ALIKE and sum(score == best for score, _ in others.values()) == 1
    return ("misread" if is_one else "ambiguous"), place, place - at


def _in_common(keys: list[str], own: set[int], at: int, sources: Sources, place: int) -> float:
    """Return the weight of the words in common on both sides of a value, up to the first that differs."""
    total, others, values = 0.0, sources.keys, sources.values
    for step in (-1, 1):
        different, here, there = 0, at, place
        for _ in range(_REACH):
            here, there = here + step, there + step
            key = keys[here]
            if key == others[there]:
                if key == END:
                    break
                if there in values:
                    total += _VALUE + _DIGIT * (min(len(key), 8) - 1)
                elif len(key) > 3:
                    total += _WORD
                else:
                    total += _SHORT if key.isalpha() else _SIGN
            elif there in values and here in own and different < _MOST_DIFFERENT:
                different += 1
                total -= _DIFFERENT if _is_near(key, others[there]) else _FAR
            else:
                break
    return total


def _is_near(one: str, other: str) -> bool:
    """Whether one edit turns a value into another: a character added, removed or replaced, or two swapped.

    In a value of three or more characters two may be replaced, as misreading rarely affects only one.
    """
    if abs(len(one) - len(other)) > 1:
        return False
    first, least = 0, min(len(one), len(other))
    while first < least and one[first] == other[first]:
        first += 1
    one, other = one[first:], other[first:]
    if len(one) == len(other):
        swapped = one[:2] == other[1::-1] and one[2:] == other[2:]
        return swapped or sum(map(str.__ne__, one, other)) <= (2 if first + len(one) > 2 else 1)
    return one[1:] == other or one == other[1:]
