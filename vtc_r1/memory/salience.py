"""Salience: which parts of a text carry its results, by rules, in time linear in the text."""

import re
from itertools import groupby, pairwise

import numpy as np

from vtc_r1.segments.boundaries import Boundaries
from vtc_r1.segments.trimming import tail

_BOX, _ENDS = 5, 6  #: scores of a part with a box, and of a part at either end
_CONCLUDES = r"\b(?:therefore|thus|hence|conclu\w*|final\w*|answer|result|in total|we (?:get|have|find))\b"
_DEFINES = r"\b(?:let(?! me\b| us\b|'s\b|’s\b)|define\w*|denote\w*|suppose)\b|:=|≡"
_RULES = (
    (re.compile(_CONCLUDES, re.I), 4),
    (re.compile(_DEFINES, re.I), 3),
    (re.compile(r"=\s*[-−+$\\({]{0,3}\d"), 2),
    (re.compile(r"\d{2}|\d\.\d|=|0x"), 1),
)
"""Conclusions, definitions, equations with a value, and anything else with a number."""


def parts(text: str) -> list[str]:
    """Divide a text at the ends of its lines and sentences, not within formulas, tables or code."""
    found = Boundaries(text)
    cuts = np.unique(np.concatenate([[0, len(text)], found.lines, found.sentences])).tolist()
    return [text[start:end] for start, end in pairwise(cuts)]


def score(part: str) -> int:
    """Return the importance of a part: 0 for words alone, highest for a box."""
    if "\\boxed" in part:
        return _BOX
    return next((value for rule, value in _RULES if rule.search(part)), 0)


def key_parts(text: str, share: float, ends: int = 0) -> list[tuple[str, bool]]:
    """Divide a text into runs, each with whether it is key.

    Args:
        text: a segment.
        share: maximum share of its characters in key runs; the first part that is chosen may exceed it.
        ends: number of parts at its beginning and at its end that are key.
    """
    found = parts(text)
    scores = [_ENDS if min(at, len(found) - 1 - at) < ends else score(part) for at, part in enumerate(found)]
    room, chosen = share * len(text), set[int]()
    # Of parts with equal scores, later ones are more current.
    for at in sorted(range(len(found)), key=lambda at: (-scores[at], -at)):
        if scores[at] and (not chosen or len(found[at]) <= room):
            chosen.add(at)
            room -= len(found[at])
    runs = groupby(range(len(found)), lambda at: at in chosen)
    return [("".join(found[at] for at in run), is_key) for is_key, run in runs]


def essence(text: str, most: int) -> str:
    """Return the most important parts of a text, one per line, in order; the last part is one of them.

    Args:
        text: a text.
        most: maximum characters.
    """
    found = list(dict.fromkeys(part.strip() for part in parts(text) if part.strip()))
    last, chosen = len(found) - 1, set[int]()
    for at in sorted(range(len(found)), key=lambda at: (at != last, -score(found[at]), -at)):
        if (at == last or score(found[at])) and len(found[at]) < most:
            chosen.add(at)
            most -= len(found[at]) + 1
    return "\n".join(found[at] for at in sorted(chosen)) or tail("".join(found[-1:]), most)
