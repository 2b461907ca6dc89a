r"""The words of a text, for comparing texts word by word, and which of them are exact values.

An exact value is a number (`12`, `3.50`, `1,234,567`), or an identifier (`7f3a9c`, `AB12-77Q`, `user_id`,
`maxRetries`): a string in which every character matters. Signs that only typeset a formula are no words, so
that `$x = 5$`, `\(x=5\)` and `x = 5` are the same words.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_WORD = re.compile(
    r"(?P<skip>\\(?:[()\[\],;:!\\ ]"
    r"|(?:left|right|big|Big|displaystyle|quad|qquad|text|mathrm|textbf)(?![A-Za-z])))"
    r"|(?P<command>\\[A-Za-z]+)"
    r"|(?P<joined>(?<![A-Za-z\d])(?:[A-Za-z\d]{2,40}(?:_[A-Za-z\d]{2,40}){1,6}"
    r"|(?=[A-Za-z\d-]{0,80}\d)(?=[\d-]{0,80}[A-Za-z])[A-Za-z\d]{3,40}(?:-[A-Za-z\d]{3,40}){1,6})(?![A-Za-z\d]))"
    r"|(?P<mixed>(?=[A-Za-z]{0,40}\d)(?=\d{0,40}[A-Za-z])(?![\d]{1,40}[A-Za-z]{1,40}(?![A-Za-z\d]))"
    r"[A-Za-z\d]{4,80})"
    r"|(?P<number>\d{1,3}(?:(?:,|\{,\}|,\\!)\d{3}){1,12}(?![\d])(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"|(?P<cased>[A-Z]{5,40}(?![A-Za-z])|[a-z]{1,40}[A-Z][A-Za-z]{2,40})"
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<sign>[^\s${}&*`~\\↵⏎↪])"
)
_VALUES = frozenset({"joined", "mixed", "number", "cased"})
_GROUPING = re.compile(r",\\!|\{,\}|,")
_SAME = {"×": "\\times", "·": "\\cdot", "−": "-", "\\dfrac": "\\frac", "\\tfrac": "\\frac", "\\leq": "\\le"}


class Word(NamedTuple):
    """One word.

    Attributes:
        key: the word in the form in which words are compared.
        start: offset of its first character.
        end: offset after its last one.
        is_value: it is an exact value.
    """

    key: str
    start: int
    end: int
    is_value: bool


def words(text: str) -> Iterator[Word]:
    """Yield the words of a text, in time linear in it."""
    for found in _WORD.finditer(text):
        kind, key = found.lastgroup, found.group()
        if kind == "skip":
            continue
        if kind == "number":
            key = _GROUPING.sub("", key)
        elif kind == "word":
            key = key.lower()
        elif kind != "mixed" and key in _SAME:
            key = _SAME[key]
        yield Word(key, found.start(), found.end(), kind in _VALUES)
