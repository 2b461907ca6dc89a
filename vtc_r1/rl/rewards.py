"""Rewards of solves, one class each; other packages can add more."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from vtc_r1.eval.problem import Problem
from vtc_r1.plugins import Registry, subclass_of
from vtc_r1.spec import Configured, O_co, Options, chosen
from vtc_r1.trace import Trace


@dataclass(frozen=True)
class Solved:
    """A solve that is to be rewarded."""

    problem: Problem  #: the problem
    trace: Trace  #: the record of the solve
    correct: bool  #: whether its answer is correct, by the grader of the problem


class RewardOptions(Options):
    """Base of the options of a reward.

    Attributes:
        weight: its factor in the sum of all rewards.
    """

    weight: float = Field(1.0, allow_inf_nan=False)


class Reward(ABC, Configured[O_co]):
    """Rewards a solve; all of its iterations share the reward."""

    takes = RewardOptions

    @abstractmethod
    def score(self, solved: Solved) -> float:
        """Return the reward of a solve, a finite number, before its weight."""


class Correct(Reward[RewardOptions]):
    """1 for a correct answer, else 0."""

    name = "correct"

    def score(self, solved: Solved) -> float:
        """Return 1 or 0."""
        return float(solved.correct)


class EfficiencyOptions(RewardOptions):
    """Options of `efficiency`.

    Attributes:
        phi: iterations beyond the first at which the reward reaches 0.
    """

    phi: float = Field(12.0, gt=0, allow_inf_nan=False)


class Efficiency(Reward[EfficiencyOptions]):
    """1 − ((n−1)/φ)², at least 0, for a correct answer after n iterations; 0 for a wrong one."""

    name = "efficiency"

    def score(self, solved: Solved) -> float:
        """Return the efficiency reward of InftyThink+."""
        iterations = sum(not iteration.is_void for iteration in solved.trace.iterations)
        return float(solved.correct) * max(0.0, 1 - ((iterations - 1) / self.options.phi) ** 2)


class Format(Reward[RewardOptions]):
    """1 if the solve reached an answer by itself and no segment was cut off by its token limit, else 0."""

    name = "format"

    def score(self, solved: Solved) -> float:
        """Return 1 or 0."""
        is_complete = all(iteration.finish_reason in ("stop", "cut") for iteration in solved.trace.iterations)
        return float(solved.trace.status == "answered" and is_complete)


REWARDS: Registry[type[Reward]] = Registry(
    "vtc_r1.reward",
    "reward",
    {kind.name: kind for kind in (Correct, Efficiency, Format)},
    subclass_of(Reward),
)


class RewardError(Exception):
    """A reward raised, or returned a value that is not a finite number; the message names it."""


class RewardSum:
    """The weighted sum of rewards.

    Args:
        specs: `name`, `module:Class`, or either with `:key=value,…`, each.

    Raises UsageError: UnknownName for an unknown reward, PluginError for one that cannot be used.
    """

    def __init__(self, specs: Sequence[str]) -> None:
        self.parts: list[Reward] = [chosen(REWARDS, spec, trusted=True).made() for spec in specs]

    def score(self, solved: Solved) -> float:
        """Return the reward of a solve; raises RewardError."""
        return math.fsum(_weighted(part, solved) for part in self.parts)


def _weighted(part: Reward, solved: Solved) -> float:
    try:
        value = float(part.score(solved)) * getattr(part.options, "weight", 1.0)
    except Exception as error:  # whatever another package's code raises
        raise RewardError(f"reward {part.name}: {type(error).__name__}: {error}") from error
    if not math.isfinite(value):
        raise RewardError(f"reward {part.name}: {value} is not a finite number")
    return value
