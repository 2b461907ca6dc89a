"""An axis of the search: the values that one setting may take, as a user writes them."""

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

Value = bool | int | float | str
_SPAN = re.compile(r"\s*(-?[\d.]+)\s*\.\.\s*(-?[\d.]+)\s*(?::\s*([\d.]+)\s*)?")
_MOST = 1_000
"""Values of one axis."""


def listed(given: Any, step: float) -> Any:
    """Return the values that `7..11`, `7..11:0.5`, `7,8,9`, a list or a single value stand for.

    Args:
        given: as it stands in a file or after `--vary KEY=`.
        step: between the values of a span that names none.

    Raises ValueError for a span that is none.
    """
    if isinstance(given, str):
        span = _SPAN.fullmatch(given)
        return _span(span, step) if span else [_word(word.strip()) for word in given.split(",")]
    return given if isinstance(given, list | tuple) else [given]


def span(low: float, high: float, step: float) -> tuple[float, ...]:
    """Return the numbers from `low` to at most `high`; raises ValueError."""
    first, last, by = (Decimal(str(one)) for one in (low, high, step))
    if by <= 0 or last < first:
        raise ValueError(
            f"{low}..{high}:{step} holds no value: the larger end comes last, the step is positive"
        )
    if (last - first) / by >= _MOST:
        raise ValueError(f"{low}..{high}:{step} holds more than {_MOST} values: take a larger step")
    return tuple(float(first + by * at) for at in range(int((last - first) / by) + 1))


def ordered(values: tuple[Value, ...]) -> bool:
    """Tell whether the values have an order, so that a step from one leads to its neighbour."""
    return not any(isinstance(value, bool | str) for value in values)


def nearest(values: tuple[Value, ...], given: Any) -> Value | None:
    """Return the value of the axis that is meant: the nearest number, or an equal value; None for none."""
    if not ordered(values):
        return next((value for value in values if type(value) is type(given) and value == given), None)
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return None
    return min(values, key=lambda value: abs(float(value) - given))


def _span(found: re.Match[str], step: float) -> tuple[float, ...]:
    try:
        low, high, by = (float(Decimal(one)) for one in (found[1], found[2], found[3] or str(step)))
    except InvalidOperation as error:
        raise ValueError(f"{found[0]!r} is no span of numbers, such as 7..11 or 7..11:0.5") from error
    return span(low, high, by)


def _word(word: str) -> Value:
    if word in ("true", "false"):
        return word == "true"
    try:
        number = float(word)
    except ValueError:
        return word
    return int(number) if number.is_integer() else number
