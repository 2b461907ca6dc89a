"""The protocol of strategies: what is tried next."""

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
        """A share."""
        return self.evaluation.error

    @property
    def cost(self) -> float:
        """In vision tokens."""
        return self.evaluation.cost


@dataclass(frozen=True)
class Terms:
    """What every strategy knows.

    Attributes:
        space: what may vary.
        base: the profile that varies.
        target: the highest error that is wanted.
        units: what error and cost are, in words.
    """

    space: Space
    base: Profile
    target: float
    units: tuple[str, str] = ("error", "vision tokens")


@dataclass
class Offer:
    """What a strategy offers for one round.

    Attributes:
        proposals: that can be drawn; some may have been tried before.
        repaired: of them, how many were proposed otherwise.
        dropped: why others were not usable, one reason each.
    """

    proposals: list[Proposal] = field(default_factory=list)
    repaired: int = 0
    dropped: list[str] = field(default_factory=list)


class Strategy(Protocol):
    """Proposes what is tried next.

    Attributes:
        name: as `--strategy` has it.
        identity: what else decides its proposals, such as a model's name.
    """

    name: str
    identity: str

    def propose(self, tried: Sequence[Tried], count: int, rng: Random) -> Offer:
        """Offer proposals, `count` of them at most that were not tried; none where it finds none.

        Args:
            tried: everything that was evaluated, in the order of the search.
            count: how many are wanted.
            rng: the only chance that it may use.
        """
        ...
