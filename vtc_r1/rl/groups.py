"""Groups: the solves of one problem, rewarded and compared."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runner import answer_text
from vtc_r1.rl.advantage import Kind, advantages
from vtc_r1.rl.curriculum import Curriculum
from vtc_r1.rl.problems import Problems
from vtc_r1.rl.rewards import RewardError, RewardSum, Solved
from vtc_r1.rl.rollouts import seed_of
from vtc_r1.trace import Trace

Solve = Callable[[Sequence[str], Sequence[int]], list[Trace]]
"""Solves questions with seeds."""


@dataclass(frozen=True)
class Group:
    """The solves of one problem that could be rewarded."""

    problem: Problem  #: the problem
    traces: tuple[Trace, ...]  #: its solves
    rewards: tuple[float, ...]  #: of each
    right: int  #: number of right answers
    advantages: tuple[float, ...] | None  #: of each; None if nothing can be learned


@dataclass
class Batch:
    """The groups of one step, with what else happened."""

    groups: list[Group] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  #: failed or unrewarded solves, a line each

    @property
    def learning(self) -> list[Group]:
        """The groups that have a gradient."""
        return [group for group in self.groups if group.advantages is not None]

    @property
    def traces(self) -> list[Trace]:
        """All solves that were rewarded."""
        return [trace for group in self.groups for trace in group.traces]


@dataclass(frozen=True)
class Gathering:
    """Draws problems and solves them until enough groups have a gradient."""

    curriculum: Curriculum  #: draws
    rewards: RewardSum  #: rewards
    groups: int  #: groups wanted
    size: int  #: solves of each
    refills: int  #: how often groups without a gradient are replaced
    kind: Kind  #: of advantage
    seed: int  #: determines what is drawn and sampled

    def gather(self, step: int, solve: Solve) -> Batch:
        """Return the groups of a step: dynamic sampling, in at most `refills` further rounds."""
        batch, taken = Batch(), set[str]()
        for turn in range(self.refills + 1):
            wanted = self.groups - len(batch.learning)
            rng = random.Random(f"draw:{self.seed}:{step}:{turn}")
            drawn = self.curriculum.draw(rng, wanted, taken) if wanted else []
            if not drawn:
                break
            asked = [(problem.question, problem.id) for _, problem in drawn for _ in range(self.size)]
            seeds = [seed_of(self.seed, step, name, at % self.size) for at, (_, name) in enumerate(asked)]
            traces = solve([question for question, _ in asked], seeds)
            for at, (origin, problem) in enumerate(drawn):
                its = traces[at * self.size : (at + 1) * self.size]
                batch.groups.append(self._group(origin, problem, its, batch.faults))
        return batch

    def _group(self, origin: Problems, problem: Problem, traces: list[Trace], faults: list[str]) -> Group:
        """Reward the solves of a problem; those that cannot be rewarded are no part of its group."""
        kept, rewards, right = list[Trace](), list[float](), 0
        for number, trace in enumerate(traces):
            where = f"problem {problem.id} ({problem.question}), solve {number}"
            if trace.status == "failed":
                faults.append(f"{where}: {trace.error}")
                continue
            correct = origin.grader.grade(problem, trace.answer, answer_text(trace)).correct
            try:
                reward = self.rewards.score(Solved(problem, trace, correct))
            except RewardError as error:
                faults.append(f"{where}: {error}")
                continue
            kept.append(trace)
            rewards.append(reward)
            right += correct
        if kept:
            self.curriculum.note(problem.id, len(kept), right)
        worth = advantages(rewards, self.kind)
        return Group(
            problem, tuple(kept), tuple(rewards), right, None if worth is None else tuple(np.asarray(worth))
        )
