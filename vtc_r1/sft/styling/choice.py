"""A choice: the possible values of a key of a profile, and their frequencies."""

import math
from bisect import bisect_right
from itertools import accumulate
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_VALUES = 256
_RANGE = {"from", "to", "step"}

Scalar = bool | int | float | str
Value = Scalar | dict[str, Scalar]
"""A key's value, or those of several keys that vary together."""


class Choice(BaseModel):
    """Values and their weights.

    In TOML it is a list of values, each as likely; a table of `values` and `weights`; a range with both
    ends, as a table of `from`, `to` and `step`; or one value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    values: tuple[Value, ...] = Field(min_length=1, max_length=MOST_VALUES)
    weights: tuple[float, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _written(cls, given: Any) -> Any:
        if isinstance(given, cls) or (isinstance(given, dict) and given.keys() & {"values", "weights"}):
            return given
        if isinstance(given, dict) and given.keys() & _RANGE:
            return {"values": _range(given)}
        return {"values": given if isinstance(given, list) else [given]}

    @model_validator(mode="after")
    def _weighs(self) -> Self:
        if self.weights and len(self.weights) != len(self.values):
            raise ValueError(f"{len(self.values)} values have {len(self.weights)} weights")
        if self.weights and (min(self.weights) < 0 or not sum(self.weights) > 0):
            raise ValueError("weights must not be negative, and one of them must be over 0")
        return self

    def at(self, place: float) -> Value:
        """Return the value at a position between 0 and 1, where each value has its share."""
        ends = list(accumulate(self.weights or [1.0] * len(self.values)))
        last = max(at for at, weight in enumerate(self.weights or [1.0] * len(self.values)) if weight)
        return self.values[min(bisect_right(ends, place * ends[-1]), last)]


def _range(given: dict[str, Any]) -> list[float]:
    """The values of a range; raises ValueError."""
    if given.keys() != _RANGE or not all(
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        for value in given.values()
    ):
        raise ValueError("a range has three numbers: from, to and step")
    first, last, step = given["from"], given["to"], given["step"]
    if step <= 0 or last < first or (last - first) / step >= MOST_VALUES:
        raise ValueError(f"a range ascends in at most {MOST_VALUES} steps: from ≤ to, step over 0")
    return [first + at * step for at in range(math.floor((last - first) / step + 1e-9) + 1)]
