r"""Compare two answers part by part; computer algebra is asked only where nothing else decides.

Every function takes canonical text and returns True, False, or None for "computer algebra must decide".
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from vtc_r1.eval.grading import names
from vtc_r1.eval.grading.canonical import key
from vtc_r1.eval.grading.forms import Form, form, split, without_thousands
from vtc_r1.eval.grading.numbers import number, same_number
from vtc_r1.eval.grading.quantity import Quantity, conversion_factor, quantity, scaled
from vtc_r1.eval.grading.rational import rational
from vtc_r1.eval.grading.wording import as_symbols, asks_for_count, clock, same_time, words

_DEEPEST = 4
_MOST_ITEMS = 40
_MOST_SOLUTIONS = 8
_SUBSCRIPT = re.compile(r"\d\s*_")
_ONE_IN_BRACKETS = re.compile(r"\[\s*(-?\d+(?:\.\d+)?(?:/\d+)?)\s*\]")
_SET_LANGUAGE = re.compile(r"[<>]|\\(?:le|ge|ne|setminus|mathbb|in|cup|cap|emptyset|land|lor)(?![A-Za-z])")
_DECIMAL_COMMA = re.compile(r"-?(?:\d+,(?!\d{3}$)\d+|0,\d+)")
_CAPITALS = re.compile(r"[A-Z]{3,}")
_ARGUMENT = re.compile(r"\(\s*[A-Za-z]\s*\)")


@dataclass(frozen=True)
class Algebra:
    """The questions to computer algebra; each may return None to leave the decision open."""

    equal: Callable[[str, str], bool | None]  #: tells whether two formulas are equal
    same_set: Callable[[str, str], bool | None]  #: tells whether two sets of real numbers are equal
    question: str = ""  #: the question of the problem
    unread: list[str] = field(default_factory=list)  #: collects what could not be read with certainty


def no_algebra(gold: str, other: str) -> None:
    """Stand in for computer algebra: leave the decision open."""


def same(gold: str, other: str, algebra: Algebra, depth: int = 0) -> bool | None:
    """Tell whether `other` equals the answer `gold`; False, and noted, if either cannot be read."""
    if key(gold) == key(other):
        return True
    if depth > _DEEPEST:
        return algebra.equal(gold, other)
    gold, other, agree = names.unqualified(as_symbols(gold), as_symbols(other))
    if not agree:
        return False
    other = names.labelled(gold, other)
    if bracketed := _ONE_IN_BRACKETS.fullmatch(other):
        other = bracketed[1]
    if key(gold) == key(other):
        return True
    solved, also = names.solutions(gold), names.solutions(other)
    if solved or also:
        return _same_solutions(gold, other, solved, also, algebra, depth)
    ours, theirs = names.named(gold, algebra.question), names.named(other, algebra.question)
    if ours.is_relation or theirs.is_relation:
        return _same_relations(gold, other, ours, theirs, algebra, depth)
    return _same_values(ours.value, theirs.value, algebra, depth)


def _same_relations(
    gold: str, other: str, ours: names.Named, theirs: names.Named, algebra: Algebra, depth: int
) -> bool | None:
    """Compare the values of names; equations that do not name a value are compared only with each other."""
    if not theirs.is_relation:
        is_value = ours.is_name or (names.is_closed(ours.name) and names.is_closed(ours.value))
        return same(ours.value, theirs.value, algebra, depth + 1) if is_value else False
    if not ours.is_relation or (ours.is_name and _same_names(ours, theirs)):
        is_same = same(ours.value, theirs.value, algebra, depth + 1)
        return False if is_same is False else every([is_same, _is_sound(theirs, algebra, depth)])
    return algebra.equal(gold, other)


def _same_names(ours: names.Named, theirs: names.Named) -> bool:
    """Tell whether two names are equal; the argument of a constant function may have any name."""
    one, other = key(ours.name), key(theirs.name)
    if names.is_closed(ours.value) and names.is_closed(theirs.value):
        one, other = _ARGUMENT.sub("()", one), _ARGUMENT.sub("()", other)
    return one == other


def _is_sound(answer: names.Named, algebra: Algebra, depth: int) -> bool | None:
    """Tell whether all sides of an answer's equation are equal, and whether it has a value at all."""
    if not answer.is_name and not names.is_closed(answer.name):
        return False
    sides = answer.steps if answer.is_name else (answer.name, *answer.steps)
    return every(same(side, answer.value, algebra, depth + 1) for side in sides)


def _same_values(gold: str, other: str, algebra: Algebra, depth: int) -> bool | None:
    if (at := clock(gold)) is not None and (then := clock(other)) is not None:
        return same_time(at, then)
    if words(gold) is not None:
        return words(gold) == words(other, loosely=True)
    if (ratio := _same_ratio(gold, other, algebra, depth)) is not None:
        return ratio
    if _CAPITALS.fullmatch(gold) and _CAPITALS.fullmatch(other):
        return False
    ours = _quantity(gold, algebra)
    theirs = _quantity(other, algebra, measured=ours is not None and ours.unit is not None)
    share = conversion_factor(ours, theirs) if ours and theirs else None
    if ours is None or theirs is None or share is None:
        return False
    gold, other = ours.value, scaled(theirs.value, share)
    if key(gold) == key(other):
        return True
    with_comma = other if "." in gold else gold
    if _DECIMAL_COMMA.fullmatch(with_comma) and gold.replace(",", ".") == other.replace(",", "."):
        return True
    if (first := number(gold)) is not None:
        if (second := number(other)) is not None:
            return same_number(first, second, counted=asks_for_count(algebra.question))
        if first.base:
            return first.digits == key(other).upper()
        if _SUBSCRIPT.search(other) or "\\text" in other or words(other) is not None:
            return False
    return _same_forms(form(gold), form(other), algebra, depth)


def _same_ratio(gold: str, other: str, algebra: Algebra, depth: int) -> bool | None:
    """Compare ratios of three or more terms, numbers up to a factor; None if neither is a ratio."""
    ours, theirs = split(gold, ":"), split(other, ":")
    if max(len(ours), len(theirs)) < 3:
        return None
    if len(ours) != len(theirs):
        return False
    first, second = ([rational(term) for term in side] for side in (ours, theirs))
    if None in first or None in second:
        return (
            every(same(one, two, algebra, depth + 1) for one, two in zip(ours, theirs, strict=True)) is True
        )
    crossed = zip(first, second, strict=True)
    return all(one * second[0] == two * first[0] for one, two in crossed)  # type: ignore[operator]


def _quantity(text: str, algebra: Algebra, *, measured: bool = False) -> Quantity | None:
    """Read a quantity; not from a list, as each of its items may have its own unit."""
    found = quantity(text, algebra.question, measured=measured)
    is_list = len(split(without_thousands(text), ",", ";")) > 1
    if is_list and (found is None or number(found.value) is None):
        return Quantity(text)
    if found is None:
        algebra.unread.append(text)
    return found


def _same_solutions(
    gold: str,
    other: str,
    ours: list[dict[str, str]] | None,
    theirs: list[dict[str, str]] | None,
    algebra: Algebra,
    depth: int,
) -> bool | None:
    """Compare assignments of several variables: by name if both have names, otherwise in order."""
    if ours and theirs:
        if len(ours) != len(theirs) or len(ours) > _MOST_SOLUTIONS:
            return False
        matches = [[_same_solution(one, two, algebra, depth) for two in theirs] for one in ours]
        return _matched(matches)
    solved = ours or theirs or []
    plain = form(other if ours else gold)
    values = [names.in_order(one) for one in solved]
    if len(solved) > 1:
        written = ", ".join(f"({', '.join(one)})" for one in values)
        pair = (written, other) if ours else (gold, written)
        return same(*pair, algebra, depth + 1)
    point = Form("tuple", "", tuple(values[0]), "()")
    if plain.kind == "bag" and names.share_a_letter(list(solved[0])):
        return _in_any_order(*((point, plain) if ours else (plain, point)), algebra, depth)
    if plain.kind not in ("tuple", "bag", "matrix") or plain.fence not in ("()", ""):
        return False
    return _in_order(*((point, plain) if ours else (plain, point)), algebra, depth)


def _same_solution(one: dict[str, str], other: dict[str, str], algebra: Algebra, depth: int) -> bool | None:
    if one.keys() != other.keys():
        return False
    return every(same(one[name], other[name], algebra, depth + 1) for name in one)


def _same_forms(gold: Form, other: Form, algebra: Algebra, depth: int) -> bool | None:
    if max(len(gold.items), len(other.items)) > _MOST_ITEMS:
        return False
    found = _by_parts(gold, other, algebra, depth)
    if found is False and _speaks_of_sets(gold, other):
        return algebra.same_set(gold.text, other.text)
    return found


def _by_parts(gold: Form, other: Form, algebra: Algebra, depth: int) -> bool | None:
    kinds = (gold.kind, other.kind)
    if kinds == ("atom", "atom"):
        return algebra.equal(gold.text, other.text)
    if gold.kind == other.kind == "matrix":
        return gold.columns == other.columns and _in_order(gold, other, algebra, depth)
    if gold.kind == other.kind == "union" or ("bag" in kinds and _may_be_bags(gold, other)):
        return _in_any_order(gold, other, algebra, depth)
    if _may_be_ordered(gold, other):
        return _in_order(gold, other, algebra, depth)
    if "matrix" in kinds and "atom" in kinds:
        return algebra.equal(gold.text, other.text)
    return False


def _speaks_of_sets(gold: Form, other: Form) -> bool:
    """Tell whether either is written as a set of numbers rather than as a point or a list."""
    return any(side.kind == "union" or _SET_LANGUAGE.search(side.text) for side in (gold, other))


def _may_be_bags(gold: Form, other: Form) -> bool:
    """A single value matches a list of one; a bare list in the gold answer may be written as a tuple."""
    if gold.kind == "bag":
        bare = gold.fence == "" and other.kind == "tuple" and other.fence in ("()", "[]")
        return other.kind in ("bag", "union") or bare or (other.kind == "atom" and len(gold.items) == 1)
    return (gold.kind == "atom" and len(other.items) == 1) or gold.kind == "union"


def _may_be_ordered(gold: Form, other: Form) -> bool:
    """Tuples with the same brackets match in order; so does a tuple written as a column or a bare list."""
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
    """Tell whether every item of each has an equal item in the other."""
    ours, theirs = gold.items or (gold.text,), other.items or (other.text,)
    if len({*map(key, ours)}) != len({*map(key, theirs)}):
        return False
    return _matched([[same(one, two, algebra, depth + 1) for two in theirs] for one in ours])


def _matched(matches: list[list[bool | None]]) -> bool | None:
    return every([*(some(row) for row in matches), *(some(column) for column in zip(*matches, strict=True))])


def every(found: Iterable[bool | None]) -> bool | None:
    """Three-valued all(): False if any is False, otherwise None if any is None."""
    seen: bool | None = True
    for one in found:
        if one is False:
            return False
        seen = None if one is None else seen
    return seen


def some(found: Iterable[bool | None]) -> bool | None:
    """Three-valued any(): True if any is True, otherwise None if any is None."""
    seen: bool | None = False
    for one in found:
        if one is True:
            return True
        seen = None if one is None else seen
    return seen
