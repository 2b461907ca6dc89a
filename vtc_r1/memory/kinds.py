"""Kinds of text, told by rule: a page is not read equally well whatever it carries."""

import re
from typing import Literal, get_args

Kind = Literal["prose", "formulas", "digits", "hex", "characters"]
"""Words; formulas; numbers; hexadecimal strings and UUIDs; strings of letters and digits without a sense."""
KINDS: tuple[Kind, ...] = get_args(Kind)

_WORD = re.compile(r"\S+")
_HEX = re.compile(
    r"\W*(?:0x[0-9a-fA-F]{4,}|(?=[0-9a-fA-F-]*\d)(?=[0-9A-F-]*[a-fA-F]|[0-9a-f-]*[a-f])[0-9a-fA-F-]{6,})\W*"
)
_STRING = re.compile(r"\W*(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{6,}\W*")
_NUMBER = re.compile(r"[+-]?[$(\[]?[+-]?\d[\d.,:%]*[)\],.;:]*")
_SIGNS = frozenset("=+*/^_\\{}<>|√∑∫±×·÷≤≥≠≈∞∈⊂∪∩→$")


def shares(text: str) -> dict[Kind, float]:
    """Return how much of the ink of `text` is of which kind; the shares sum to 1, or there are none."""
    found: dict[Kind, float] = dict.fromkeys(KINDS, 0.0)
    for word in _WORD.findall(text):
        found[_kind(word[:200])] += len(word)
    total = sum(found.values())
    return {kind: size / total for kind, size in found.items()} if total else {}


def kind_of(text: str) -> Kind:
    """Return the kind that most of `text` is of."""
    found = shares(text)
    return max(found, key=lambda kind: found[kind]) if found else "prose"


def _kind(word: str) -> Kind:
    if _NUMBER.fullmatch(word):
        return "digits"
    if _HEX.fullmatch(word):
        return "hex"
    if any(letter in _SIGNS for letter in word):
        return "formulas"
    if _STRING.fullmatch(word):
        return "characters"
    return "digits" if 2 * sum(map(str.isdigit, word)) > len(word) else "prose"
