"""A figure with what it may as well be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % confidence interval; the ends are the value itself where nothing is known of it."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> "Estimate":
        """Make an estimate without an interval."""
        return cls(value, value, value)

    @property
    def is_exact(self) -> bool:
        """Whether there is no interval."""
        return self.low == self.high
