r"""Sets of real numbers in canonical text: intervals, unions, conditions on one variable."""

import re
from typing import Any

from vtc_r1.eval.grading.forms import form, split
from vtc_r1.eval.grading.numbers import number
from vtc_r1.eval.grading.reading import read
from vtc_r1.eval.grading.wording import EMPTY, REALS, as_symbols

_UNEQUAL = re.compile(r"(?P<name>[a-zA-Z])\s*\\ne(?![A-Za-z])\s*(?P<left_out>.+)")
_EXCEPT = re.compile(
    r"(?:\\mathbb\{R\}|(?:\\text\s*\{\s*)?all\s+(?:real\s+numbers|reals)(?:\s+x)?)\s*"
    r"(?:\\setminus|-|,?\s*except(?:\s+for)?)\s*(?:\})?\s*(?P<left_out>.+)",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"[<>]|\\(?:le|ge)(?![A-Za-z])")
_MEMBER = re.compile(r"^[a-zA-Z]\s*\\in(?![A-Za-z])\s*")


def same_region(gold: str, other: str) -> bool | None:
    """Tell whether two texts are the same set of real numbers, None if either cannot be read as one."""
    from sympy import EmptySet, SymmetricDifference

    first, second = region(gold), region(other)
    if first is None or second is None:
        return None
    if first == second:
        return True
    return bool(SymmetricDifference(first, second) == EmptySet)


def region(text: str) -> Any:
    """Read canonical text as a set of real numbers, None if it is not one."""
    from sympy import FiniteSet, Intersection, Reals, S, Union

    text = _MEMBER.sub("", as_symbols(text.strip()), count=1)
    if text == REALS:
        return S.Reals
    if text == EMPTY:
        return S.EmptySet
    if len(split(text, "\\setminus")) > 1 and len(split(text, "\\cup", "\\cap")) > 1:
        return None
    for signs, join in ((("\\cup", "\\lor"), Union), (("\\cap",), Intersection)):
        if len(parts := split(text, *signs)) > 1:
            return _joined(parts, join)
    if len(parts := split(text, "\\land")) > 1:
        meeting = _joined(parts, Intersection)
        return _joined(parts, Union) if meeting is S.EmptySet else meeting
    if found := _EXCEPT.fullmatch(text) or _UNEQUAL.fullmatch(text):
        left_out = _points(found["left_out"].rstrip("}") if "\\text" in text else found["left_out"])
        return None if left_out is None else Reals - FiniteSet(*left_out)
    if len(parts := split(text, "\\setminus")) == 2:
        whole, taken = map(region, parts)
        return None if whole is None or taken is None else whole - taken
    found_form = form(text)
    if found_form.kind == "tuple" and len(found_form.items) == 2:
        return _interval(found_form.items, found_form.fence)
    if found_form.kind == "bag" and found_form.fence == "{}":
        members = [_real(item) for item in found_form.items]
        return None if None in members else FiniteSet(*members)
    if text.startswith("\\{") and found_form.kind == "atom":
        inside = re.sub(r"^[a-z]\s*(?:\\in\s*\\mathbb\{R\})?\s*[:|]", "", text[2:-2].strip())
        return region(inside) if inside != text[2:-2].strip() else None
    return _solved(text) if _CONDITION.search(text) else None


def _joined(parts: list[str], join: Any) -> Any:
    found = [region(part) for part in parts]
    return None if None in found else join(*found)


def _interval(ends: tuple[str, ...], fence: str) -> Any:
    from sympy import Interval, oo

    low, high = ({"\\infty": oo, "-\\infty": -oo}.get(end.replace(" ", "")) or _real(end) for end in ends)
    if low is None or high is None:
        return None
    return Interval(low, high, left_open=fence[0] == "(", right_open=fence[-1] == ")")


def _points(text: str) -> list[Any] | None:
    inside = text.strip().removeprefix("\\{").removesuffix("\\}")
    found = [_real(item) for part in split(inside, ",") for item in form(part).items or (part,)]
    return None if None in found else found


def _real(text: str) -> Any:
    """Read a real number exactly, None if it is not one."""
    from sympy import Rational

    exact = number(text)
    if exact is not None:
        is_plain = exact.base is None and not exact.percent
        return Rational(exact.value.numerator, exact.value.denominator) if is_plain else None
    found = read(text)
    if found is None or getattr(found, "free_symbols", True) or not getattr(found, "is_real", False):
        return None
    return found


def _solved(text: str) -> Any:
    """Solve an inequality in one variable."""
    from sympy import Intersection, Symbol

    found = read(text)
    symbols = list(getattr(found, "free_symbols", ()))
    if found is None or len(symbols) != 1:
        return None
    real = Symbol("x", real=True)
    parts = getattr(found, "_unsorted_args", (found,))
    solved = [part.func(*part.args).subs(symbols[0], real) for part in parts]
    sets: list[Any] = [part.as_set() for part in solved if hasattr(part, "as_set")]
    return Intersection(*sets) if len(sets) == len(solved) else None
