r"""Qualifiers of an answer: the arguments it holds for, a modulus, the label of a choice."""

import re
from fractions import Fraction

from vtc_r1.eval.grading.canonical import key
from vtc_r1.eval.grading.forms import split
from vtc_r1.eval.grading.names import is_closed, is_name
from vtc_r1.eval.grading.rational import rational

_OPENED = r"[\s,;]*(?:\\text\s*\{\s*,?\s*|\(\s*)?"
_FOR_ALL = re.compile(_OPENED + r"(?<![A-Za-z])for\s+(?:all|any|every|each)(?![A-Za-z]).*$", re.DOTALL)
_WHERE = re.compile(
    _OPENED
    + r"(?<![A-Za-z])(?:where|with|for)\s*\}?\s*(?P<name>[A-Za-z])\s*(?:\\text\s*\{)?\s*(?:is|being)\s+"
    r"(?:an?\s+|any\s+|some\s+)?(?:arbitrary\s+|real\s+)?(?:integer|constant|real\s+number|number)\s*\}?\s*\)?$"
)
_MEMBER = re.compile(
    r"[\s,;]+(?:\\text\s*\{\s*(?:where|for|with)?\s*\}\s*)?\(?\s*(?P<name>[a-zA-Z])\s*\\in\s*\\mathbb\{[ZNRQ]\}\s*\)?$"
)
_MODULUS = re.compile(r"\s*\(?\s*\\pmod\{(?P<modulus>[^{}]*)\}\s*\)?$")
_LABEL = re.compile(
    r"(?:\\text\s*\{\s*\(?(?P<a>[A-J])[).]+\s*\}|\((?P<b>[A-J])\)|(?P<c>[A-J])\)|\\text\s*\{\s*\((?P<d>[A-J])\)\s*(?P<inside>[^{}]+)\})"
    r"\s*:?\s*(?P<rest>.*)",
    re.DOTALL,
)
_SPOILT = re.compile(r"\([A-J]\)|(?<![A-Za-z])(?:is|are|not|no|wrong|incorrect|false|or|and)(?![A-Za-z])")
_LETTER = re.compile(r"(?:\\text\s*\{\s*)?\(?\s*([A-J])\s*\)?(?:\s*\})?")


def unqualified(gold: str, other: str) -> tuple[str, str, bool]:
    """Return both answers without qualifiers and moduli, and whether the moduli agree."""
    gold, other = _bare(gold), _bare(other)
    ours, theirs = _MODULUS.search(gold), _MODULUS.search(other)
    if ours and theirs and key(ours["modulus"]) != key(theirs["modulus"]):
        return gold, other, False
    return (*_remainders(gold, other, ours, theirs),)


def labelled(gold: str, other: str) -> str:
    """Return a labelled answer such as `(B) 12` without its label; the label if that is the gold."""
    found = _LABEL.fullmatch(other)
    if found is None:
        return other
    label = found["a"] or found["b"] or found["c"] or found["d"]
    rest = (found["inside"] or "") + found["rest"]
    if letter := _LETTER.fullmatch(gold):
        return letter[0] if letter[1] == label and not _SPOILT.search(rest) else other
    if not rest.strip() or label in key(gold) or rest.lstrip()[0] in "+*/^_!=<>,)":
        return other
    return rest.strip()


def _bare(text: str) -> str:
    """Remove qualifiers such as `for all x` and `where n is an integer`."""
    for qualifier in (_FOR_ALL, _WHERE, _MEMBER):
        found = qualifier.search(text)
        if found and (before := text[: found.start()].strip()):
            named = found.groupdict().get("name")
            if named is None or named in before:
                text = before
    return text


def _remainders(
    gold: str, other: str, ours: re.Match[str] | None, theirs: re.Match[str] | None
) -> tuple[str, str, bool]:
    first, fits = _remainder(gold, ours)
    second, also = _remainder(other, theirs)
    return first, second, fits and also


def _remainder(text: str, modulus: re.Match[str] | None) -> tuple[str, bool]:
    r"""Return the remainder of a congruence, and whether the congruence holds."""
    if modulus is None:
        return text, True
    left, *rest = split(text[: modulus.start()].strip().removeprefix("\\equiv").strip(), "\\equiv")
    if not rest:
        return left, True
    value = rest[-1]
    if is_name(left):
        return value, True
    if not is_closed(left):
        return value, False
    return value, _congruent(rational(left), rational(value), rational(modulus["modulus"]))


def _congruent(one: Fraction | None, other: Fraction | None, modulus: Fraction | None) -> bool:
    if one is None or other is None or not modulus:
        return False
    return (one - other) % modulus == 0
