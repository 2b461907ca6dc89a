r"""Are two answers the same? Decided part by part; what only computer algebra can tell is handed to it.

Every function here takes canonical text and answers yes, no, or None for "computer algebra must tell".
"""

import re
from collections.abc import Callable, Iterable

from vtc_r1.eval.grading.canonical import key
from vtc_r1.eval.grading.forms import Form, form, split
from vtc_r1.eval.grading.numbers import number, same_number
from vtc_r1.eval.grading.units import split_unit

Algebra = Callable[[str, str], bool | None]
"""Tells whether two atoms are equal; None where it is not asked now."""
_DEEPEST = 4
_MOST_ITEMS = 40
_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
_WORDS = re.compile(r"\(?\s*(?P<words>[A-Za-z][A-Za-z '-]*)\)?\s*")
_ARTICLE = re.compile(r"^(?:an?|the)\s+")
_SUBSCRIPT = re.compile(r"\d\s*_")
_PLAIN_WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{2,}")
_NAME_ONLY = re.compile(r"[A-Za-z\\(|][^+*/^=<>-]*")
_SET_LANGUAGE = re.compile(r"[<>]|\\(?:le|ge|ne|setminus|mathbb|infty|in)(?![A-Za-z])")


def unasked(gold: str, other: str) -> None:
    """Ask no computer algebra: what it would have to tell stays open."""


def same(gold: str, other: str, algebra: Algebra, depth: int = 0) -> bool | None:
    """Tell whether `other` is the answer `gold`."""
    if key(gold) == key(other):
        return True
    if depth > _DEEPEST:
        return algebra(gold, other)
    if (named := _named(gold, other)) is not None:
        gold, other = named
        if _relation(gold) and _relation(other):
            return algebra(gold, other)
        if key(gold) == key(other):
            return True
    if words(gold) is not None:
        return words(gold) == words(other, loosely=True)
    gold, other, units_match = _without_units(gold, other)
    if not units_match:
        return False
    if (first := number(gold)) is not None:
        if (second := number(other)) is not None:
            return same_number(first, second)
        if first.base or _SUBSCRIPT.search(other) or "\\text" in other or words(other) is not None:
            return False
    return _same_forms(form(gold), form(other), algebra, depth)


def words(text: str, loosely: bool = False) -> str | None:
    r"""Return the words that an answer consists of, without case and article; None where it is no words.

    Words are what stands in `\text{}` or has four letters; `loosely` takes fewer for words as well.
    """
    found = _WORDS.fullmatch(_TEXT.sub(r"\1", text))
    if found is None or not (loosely or "\\text" in text or len(found["words"]) > 3):
        return None
    return _ARTICLE.sub("", " ".join(found["words"].lower().split()))


def prose(text: str) -> int:
    """Count the words of two letters or more that stand in the text as they are."""
    return len(_PLAIN_WORD.findall(text))


def _named(gold: str, other: str) -> tuple[str, str] | None:
    """Drop the names before `=` or `∈` where they need no comparing; None where there is nothing to drop."""
    (gold_name, gold_value), (other_name, other_value) = _parted(gold), _parted(other)
    if gold_name is None and other_name is None:
        return None
    if gold_name is None:
        return gold, other_value
    if not _NAME_ONLY.fullmatch(gold_name):
        return gold, other
    if other_name is None or key(other_name) == key(gold_name):
        return gold_value, other_value
    return gold, other


def _parted(text: str) -> tuple[str | None, str]:
    """Part `name = value` or `name ∈ set`; of a chain of equalities the last value counts."""
    if len(split(text, ",", ";")) > 1:
        return None, text
    parts = split(text, "=", "\\in")
    return (parts[0], parts[-1]) if len(parts) > 1 else (None, text)


def value_of(text: str) -> str:
    """Return what stands behind the last `=`, all of it where there is none."""
    return _parted(text)[1]


def _relation(text: str) -> bool:
    return len(split(text, "=")) > 1


def _without_units(gold: str, other: str) -> tuple[str, str, bool]:
    gold_value, gold_unit = split_unit(gold)
    other_value, other_unit = split_unit(other)
    return gold_value, other_value, gold_unit is None or other_unit is None or gold_unit == other_unit


def _same_forms(gold: Form, other: Form, algebra: Algebra, depth: int) -> bool | None:
    kinds = (gold.kind, other.kind)
    if max(len(gold.items), len(other.items)) > _MOST_ITEMS:
        return False
    if kinds == ("atom", "atom"):
        return algebra(gold.text, other.text)
    if gold.kind == other.kind == "matrix":
        return gold.columns == other.columns and _in_order(gold, other, algebra, depth)
    if gold.kind == other.kind == "union" or ("bag" in kinds and _may_be_bags(gold, other)):
        return _in_any_order(gold, other, algebra, depth)
    if _may_be_ordered(gold, other):
        return _in_order(gold, other, algebra, depth)
    if "atom" in kinds and any(
        _SET_LANGUAGE.search(side.text) for side in (gold, other) if side.kind == "atom"
    ):
        return algebra(gold.text, other.text)
    return False


def _may_be_bags(gold: Form, other: Form) -> bool:
    """A list or set is also one value alone; a bare list of the gold may be written as a tuple."""
    if gold.kind == "bag":
        bare = gold.fence == "" and other.kind == "tuple" and other.fence in ("()", "[]")
        return other.kind in ("bag", "union") or bare or (other.kind == "atom" and len(gold.items) == 1)
    return (gold.kind == "atom" and len(other.items) == 1) or gold.kind == "union"


def _may_be_ordered(gold: Form, other: Form) -> bool:
    """Tuples with one fence; a tuple written as a column or as a bare list."""
    if gold.kind == other.kind == "tuple":
        return gold.fence == other.fence
    kinds = {gold.kind, other.kind}
    if kinds == {"tuple", "matrix"}:
        return all(
            side.columns == 1 if side.kind == "matrix" else side.fence == "()" for side in (gold, other)
        )
    return gold.kind == "tuple" and gold.fence == "()" and other.kind == "bag" and other.fence == ""


def _in_order(gold: Form, other: Form, algebra: Algebra, depth: int) -> bool | None:
    if len(gold.items) != len(other.items):
        return False
    pairs = zip(gold.items, other.items, strict=True)
    return every(same(ours, theirs, algebra, depth + 1) for ours, theirs in pairs)


def _in_any_order(gold: Form, other: Form, algebra: Algebra, depth: int) -> bool | None:
    """Every item of each has its like in the other."""
    ours, theirs = gold.items or (gold.text,), other.items or (other.text,)
    if len({*map(key, ours)}) != len({*map(key, theirs)}):
        return False
    matches = [[same(one, two, algebra, depth + 1) for two in theirs] for one in ours]
    return every([*(some(row) for row in matches), *(some(column) for column in zip(*matches, strict=True))])


def every(found: Iterable[bool | None]) -> bool | None:
    """All of three-valued answers: no if any is no, else open if any is open."""
    seen: bool | None = True
    for one in found:
        if one is False:
            return False
        seen = None if one is None else seen
    return seen


def some(found: Iterable[bool | None]) -> bool | None:
    """Any of three-valued answers: yes if any is yes, else open if any is open."""
    seen: bool | None = False
    for one in found:
        if one is True:
            return True
        seen = None if one is None else seen
    return seen
