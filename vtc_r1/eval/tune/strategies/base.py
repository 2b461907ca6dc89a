"""The protocol of search strategies."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from vtc_r1.eval.tune.objective import Evaluation
from vtc_r1.eval.tune.proposal import Proposal
from vtc_r1.eval.tune.space import Space
from vtc_r1.renderers import Profile


@dataclass(frozen=True)
class Tried:
    """A proposal with its latest evaluation."""

    proposal: Proposal
    evaluation: Evaluation

    @property
    def error(self) -> float:
        """The error, as a share."""
        return self.evaluation.error

    @property
    def cost(self) -> float:
        """The cost in vision tokens."""
        return self.evaluation.cost


@dataclass(frozen=True)
class SearchTerms:
    """The terms of a search, known to every strategy.

    Attributes:
        space: the search space.
        base: the profile that is varied.
        target: the highest acceptable error.
        units: names of error and cost.
    """

    space: Space
    base: Profile
    target: float
    units: tuple[str, str] = ("error", "vision tokens")


@dataclass
class Offer:
    """A strategy's proposals for one round.

    Attributes:
        proposals: proposals that can be drawn; some may have been tried before.
        repaired: how many of them had to be repaired.
        dropped: why others were unusable, one reason each.
    """

    proposals: list[Proposal] = field(default_factory=list)
    repaired: int = 0
    dropped: list[str] = field(default_factory=list)


class Strategy(Protocol):
    """Proposes what to try next.

    Attributes:
        name: the value of `--strategy`.
        identity: what else determines its proposals, such as a model's name.
    """

    name: str
    identity: str

    def propose(self, tried: Sequence[Tried], count: int, rng: Random) -> Offer:
        """Offer at most `count` proposals that were not tried; none if it finds none.

        Args:
            tried: everything evaluated so far, in the order of the search.
            count: how many are requested.
            rng: the only source of randomness to use.
        """
        ...
