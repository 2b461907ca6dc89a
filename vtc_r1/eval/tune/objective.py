"""Objectives, which measure profiles, and their evaluations."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import Field

from vtc_r1.configuration import Record
from vtc_r1.renderers import Profile

Key = tuple[str, int]
"""The profile's hash and the size of the measurement."""


class Evaluation(Record):
    """The measurement of one profile: two figures to minimise.

    Attributes:
        profile: hash of the profile.
        size: size of the measurement: pages of every kind of text, or problems.
        error: share of characters misread, or of problems not solved.
        cost: cost in vision tokens.
        parts: the error by kind of text, or by benchmark.
    """

    profile: str
    size: int
    error: float
    cost: float
    parts: dict[str, float] = Field(default_factory=dict)

    @property
    def key(self) -> Key:
        """Identifies what was measured."""
        return self.profile, self.size


Watch = Callable[[int, int], None]
"""Called with how much of a measurement is done, and the total."""


class Objective(Protocol):
    """Measures profiles.

    Attributes:
        units: names of error and cost.
        identity: what determines a measurement besides the profile and the size.
    """

    units: tuple[str, str]

    @property
    def identity(self) -> dict[str, str]:
        """What determines a measurement besides the profile and the size."""
        ...

    def measure(self, profiles: Sequence[Profile], size: int, watch: Watch) -> list[Evaluation]:
        """Measure profiles, one evaluation each; earlier measurements are reused.

        Raises VtcError if a profile cannot be measured.
        """
        ...
