"""Objectives: what settings are worth."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import Field

from vtc_r1.configuration import Record
from vtc_r1.renderers import Profile

Key = tuple[str, int]
"""The profile's hash, and how much was looked at."""


class Evaluation(Record):
    """Two figures to be made small.

    Attributes:
        profile: hash of the profile.
        size: how much was looked at: pages of every kind of text, or problems.
        error: a share: of characters misread, or of problems not solved.
        cost: in vision tokens.
        parts: the error by kind of text, or by benchmark.
    """

    profile: str
    size: int
    error: float
    cost: float
    parts: dict[str, float] = Field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What it is an evaluation of."""
        return self.profile, self.size


Watch = Callable[[int, int], None]
"""Is told how much of a measurement is done, and how much there is."""


class Objective(Protocol):
    """Measures profiles.

    Attributes:
        units: what error and cost are, in words.
        identity: what decides a measurement beside the profile and its size.
    """

    units: tuple[str, str]

    @property
    def identity(self) -> dict[str, str]:
        """What decides a measurement beside the profile and its size."""
        ...

    def measure(self, profiles: Sequence[Profile], size: int, watch: Watch) -> list[Evaluation]:
        """Measure profiles, one evaluation each; what was looked at before is not looked at again.

        Raises VtcError where one cannot be measured.
        """
        ...
