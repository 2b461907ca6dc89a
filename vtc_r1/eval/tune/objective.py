"""Objectives: what settings are worth."""

from collections.abc import Callable, Sequence
from typing import Protocol

from vtc_r1.eval.tune.evaluation import Evaluation
from vtc_r1.renderers import Profile

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
