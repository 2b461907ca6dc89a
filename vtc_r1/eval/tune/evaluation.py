"""An evaluation: what one profile was found to be worth."""

from pydantic import Field

from vtc_r1.configuration import Record

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
