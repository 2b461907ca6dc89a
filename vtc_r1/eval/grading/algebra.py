"""Comparison by computer algebra of values, equations, matrices and sets.

Equality of two formulas is decided exactly by sympy: no difference is too small to count. Exact values are
compared exactly, however close they are. Expressions with letters must agree at rational points of both
signs, to 50 digits. A decimal compared with an exact value may be that value rounded or truncated at its
sixth place.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import Any

from vtc_r1.eval.grading.reading import read

_CLOSE = 2e-6  #: largest relative error of a decimal that counts as an exact value
_ROUNDED = 1e-6  #: largest absolute error of one
_DIGITS = 50
_MANY_DIGITS = 130
_POINTS = tuple(
    Fraction(top, bottom)
    for top, bottom in ((7, 5), (13, 11), (23, 7), (3, 17), (41, 19), (-9, 7), (-31, 13), (5, 29), (-2, 23))
)
_NEEDED = 3  #: number of points at which both sides must have a value
_MOST_SYMBOLS = 8


def same_value(first: Any, second: Any) -> bool | None:
    """Tell whether two expressions are equal, None if neither sympy nor their values decide."""
    from sympy import Float

    first, second = _evaluated(first), _evaluated(second)
    if first == second:
        return True
    symbols = sorted(first.free_symbols | second.free_symbols, key=str)
    if first.has(Float) or second.has(Float):
        return _nearly(first, second, symbols)
    if first.is_Rational and second.is_Rational:
        return False
    if not symbols:
        return _same_number(first, second)
    if len(symbols) > _MOST_SYMBOLS:
        return None
    return _same_function(first, second, symbols)


def _evaluated(expression: Any) -> Any:
    return expression.doit() if hasattr(expression, "doit") else expression


def _nearly(first: Any, second: Any, symbols: list[Any]) -> bool | None:
    """Compare expressions with decimals numerically; those with letters at several points."""
    seen = 0
    for point in _points(symbols):
        one, other = _number_at(first, point, 20), _number_at(second, point, 20)
        if one is None or other is None:
            continue
        difference = abs(one - other)
        if difference > _CLOSE * max(abs(one), abs(other)) or (not symbols and difference > _ROUNDED):
            return False
        seen += 1
    return True if seen >= (_NEEDED if symbols else 1) else None


def _same_number(first: Any, second: Any) -> bool | None:
    one, other = _number_at(first, {}, 30), _number_at(second, {}, 30)
    if one is None or other is None:
        return None
    if abs(one - other) > 1e-20 * max(abs(one), abs(other)):
        return False
    return _vanishes(first - second, first)


def _same_function(first: Any, second: Any, symbols: list[Any]) -> bool | None:
    seen = 0
    for point in _points(symbols):
        one, other = first.subs(point), second.subs(point)
        if one.is_Rational and other.is_Rational:
            if one != other:
                return False
            seen += 1
            continue
        value, second_value = _number_at(one, {}, _DIGITS), _number_at(other, {}, _DIGITS)
        if value is None or second_value is None:
            continue
        if abs(value - second_value) > 10 ** (10 - _DIGITS) * max(abs(value), abs(second_value)):
            return False
        seen += 1
    if seen < _NEEDED:
        return None
    difference = (first - second).expand()
    return bool(difference.is_zero) if not difference.free_symbols else True


def _vanishes(difference: Any, scale: Any) -> bool | None:
    """Tell whether the difference of two numbers that agree in their leading digits is zero."""
    from sympy import simplify

    difference = difference.expand()
    if difference.is_zero is None and not difference.is_Rational:
        difference = simplify(difference)
    if difference.is_zero is not None:
        return bool(difference.is_zero)
    value, size = _number_at(difference, {}, 15, most=_MANY_DIGITS * 4), _number_at(scale, {}, 15)
    if value is None or size is None:
        return None
    return bool(abs(value) <= 10.0**-_MANY_DIGITS * max(abs(size), 1e-300))


def _points(symbols: list[Any]) -> Iterator[dict[Any, Any]]:
    from sympy import Rational

    for at in range(len(_POINTS) if symbols else 1):
        yield {
            symbol: Rational(value.numerator, value.denominator) + (1 if symbol.is_integer else 0)
            for symbol, value in zip(symbols, chain(_POINTS[at:], _POINTS), strict=False)
        }


def _number_at(expression: Any, point: dict[Any, Any], digits: int, most: int = 400) -> Any:
    """Return a finite value, None if there is none."""
    from sympy import Float, I

    value = (expression.subs(point) if point else expression).evalf(digits, maxn=most)
    real, imaginary = value.as_real_imag()
    parts = [part for part in (real, imaginary) if not part.is_zero]
    if not all(isinstance(part, Float) or part.is_Rational for part in parts):
        return None
    if not all(part.is_finite for part in parts):
        return None
    return real + imaginary * I if not imaginary.is_zero else real


def proportional(first: Any, second: Any) -> Any:
    """Return the constant ratio of two expressions, None if their ratio is not constant."""
    from sympy import cancel, simplify

    if first.free_symbols != second.free_symbols or not first.free_symbols:
        return None
    factor = cancel(first / second) if _is_rational(first, second) else simplify(first / second)
    return factor if factor.is_number and factor.is_finite and not factor.is_zero else None


def _is_rational(*expressions: Any) -> bool:
    return all(expression.is_rational_function(*expression.free_symbols) for expression in expressions)


def matched(first: Iterable[Any], second: Iterable[Any]) -> bool:
    """Tell whether two collections of expressions hold the same values, in any order."""
    left = list(second)
    for one in first:
        at = next((at for at, other in enumerate(left) if same_value(one, other)), None)
        if at is None:
            return False
        del left[at]
    return not left


_MOST_SOLVED = 3  #: number of symbols that two equations are solved for before they count as different


class Unreadable(Exception):
    """A formula cannot be read."""


def equal(gold: str, other: str) -> bool:
    """Tell whether two formulas in canonical text are equal.

    Raises Unreadable; exceptions from sympy pass through.
    """
    first, second = read(gold), read(other)
    if first is None or second is None:
        raise Unreadable(gold if first is None else other)
    return _same(first, second)


def _same(first: Any, second: Any) -> bool:
    from sympy import Basic, Expr, MatrixBase, MatrixExpr

    matrices = (MatrixBase, MatrixExpr)
    if isinstance(first, matrices) or isinstance(second, matrices):
        return isinstance(first, (*matrices, Expr)) and _same_matrix(first, second)
    if _is_relation(first) or _is_relation(second):
        return _is_relation(first) and _is_relation(second) and _same_relation(first, second)
    if isinstance(first, Expr) and isinstance(second, Expr):
        found = same_value(first, second)
        return _by_math_verify(first, second) if found is None else found
    return isinstance(first, Basic) and isinstance(second, Basic) and _by_math_verify(first, second)


def _same_matrix(first: Any, second: Any) -> bool:
    from sympy import MatrixBase

    first, second = (side.doit() if hasattr(side, "doit") else side for side in (first, second))
    if not (isinstance(first, MatrixBase) and isinstance(second, MatrixBase)) or first.shape != second.shape:
        return False
    return all(same_value(one, other) for one, other in zip(first.flat(), second.flat(), strict=True))


def _parts(relation: Any) -> list[Any]:
    from latex2sympy2_extended.logic import And  # type: ignore[import-untyped]

    return list(relation._unsorted_args) if isinstance(relation, And) else [relation]


def _is_relation(found: Any) -> bool:
    from sympy.core.relational import Relational

    return all(isinstance(part, Relational) for part in _parts(found))


def _same_relation(first: Any, second: Any) -> bool:
    ours, theirs = _parts(first), _parts(second)
    if len(ours) != len(theirs):
        return False
    if all(_same_pair(one, other) for one, other in zip(ours, theirs, strict=True)):
        return True
    return all(_same_pair(one, other) for one, other in zip(ours, theirs[::-1], strict=True))


def _same_pair(first: Any, second: Any) -> bool:
    """Tell whether two equations, or two inequalities of the same strictness, are equal up to a factor."""
    from sympy import Eq, GreaterThan, Ne, StrictGreaterThan

    falling = (GreaterThan, StrictGreaterThan)
    ours, theirs = (
        side.rhs - side.lhs if isinstance(side, falling) else side.lhs - side.rhs for side in (first, second)
    )
    if isinstance(first, (Eq, Ne)) or isinstance(second, (Eq, Ne)):
        if isinstance(first, Ne) != isinstance(second, Ne) or isinstance(first, Eq) != isinstance(second, Eq):
            return False
        return proportional(ours, theirs) is not None or _same_solved(ours, theirs)
    if _is_strict(first) != _is_strict(second):
        return False
    factor = proportional(ours, theirs)
    return factor is not None and bool(factor.is_positive)


def _is_strict(relation: Any) -> bool:
    from sympy import StrictGreaterThan, StrictLessThan

    return isinstance(relation, (StrictGreaterThan, StrictLessThan))


def _same_solved(first: Any, second: Any) -> bool:
    """Tell whether two equations have the same solutions for one of their letters."""
    from sympy import solve

    if first.free_symbols != second.free_symbols:
        return False
    for symbol in sorted(first.free_symbols, key=str)[:_MOST_SOLVED]:
        ours, theirs = solve(first, symbol), solve(second, symbol)
        if ours and theirs and matched(ours, theirs):
            return True
    return False


def _by_math_verify(first: Any, second: Any) -> bool:
    import math_verify

    return bool(math_verify.verify(first, second, timeout_seconds=None, raise_on_error=True))
