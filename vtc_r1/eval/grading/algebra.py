"""Comparison by computer algebra of values, equations, matrices and sets."""

from typing import Any

from vtc_r1.eval.grading.formulas import matched, proportional, same_value
from vtc_r1.eval.grading.reading import read

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
