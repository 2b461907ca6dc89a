"""An axis of the search: parsing the values that a setting may take."""

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

Value = bool | int | float | str
_SPAN = re.compile(r"\s*(-?[\d.]+)\s*\.\.\s*(-?[\d.]+)\s*(?::\s*([\d.]+)\s*)?")
_MOST = 1_000
"""Maximum number of values of one axis."""


def listed(given: Any, step: float) -> Any:
    """Return the values of `7..11`, `7..11:0.5`, `7,8,9`, a list or a single value.

    Args:
        given: the value in a file or after `--vary KEY=`.
        step: default step of a span.

    Raises ValueError for an invalid span.
    """
    if isinstance(given, str):
        span = _SPAN.fullmatch(given)
        return _span(span, step) if span else [_word(word.strip()) for word in given.split(",")]
    return given if isinstance(given, list | tuple) else [given]


def span(low: float, high: float, step: float) -> tuple[float, ...]:
    """Return the numbers from `low` to at most `high`; raises ValueError."""
    first, last, by = (Decimal(str(one)) for one in (low, high, step))
    if by <= 0 or last < first:
        raise ValueError(f"{low}..{high}:{step} is empty: put the larger end last, and use a positive step")
    if (last - first) / by >= _MOST:
        raise ValueError(f"{low}..{high}:{step} has more than {_MOST} values: use a larger step")
    return tuple(float(first + by * at) for at in range(int((last - first) / by) + 1))


def ordered(values: tuple[Value, ...]) -> bool:
    """Tell whether the values are numbers, which have an order."""
    return not any(isinstance(value, bool | str) for value in values)


def nearest(values: tuple[Value, ...], given: Any) -> Value | None:
    """Return the nearest number on the axis, or an equal value; None if there is neither."""
    if not ordered(values):
        return next((value for value in values if type(value) is type(given) and value == given), None)
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return None
    return min(values, key=lambda value: abs(float(value) - given))


def _span(found: re.Match[str], step: float) -> tuple[float, ...]:
    try:
        low, high, by = (float(Decimal(one)) for one in (found[1], found[2], found[3] or str(step)))
    except InvalidOperation as error:
        raise ValueError(f"{found[0]!r} is not a span of numbers, such as 7..11 or 7..11:0.5") from error
    return span(low, high, by)


def _word(word: str) -> Value:
    if word in ("true", "false"):
        return word == "true"
    try:
        number = float(word)
    except ValueError:
        return word
    return int(number) if number.is_integer() else number
