"""Groups: the solves of one problem, with their rewards and advantages."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vtc_r1.eval.problem import Problem
from vtc_r1.rl.advantage import AdvantageEstimator, advantages
from vtc_r1.rl.curriculum import Curriculum
from vtc_r1.rl.problems import Problems
from vtc_r1.rl.rewards import RewardError, RewardSum, Solved
from vtc_r1.rl.rollouts import seed_of
from vtc_r1.trace import Trace

Solve = Callable[[Sequence[str], Sequence[int]], list[Trace]]
"""Takes questions and the seed of each; returns their traces in the same order."""


@dataclass(frozen=True)
class Group:
    """The solves of one problem that have a reward."""

    problem: Problem  #: the problem
    traces: tuple[Trace, ...]  #: its solves
    rewards: tuple[float, ...]  #: one for each solve
    correct: int  #: number of correct answers
    advantages: tuple[float, ...] | None  #: one for each solve; None if the group has no gradient


@dataclass
class Batch:
    """The groups of one step, and the solves that failed."""

    groups: list[Group] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Solves that failed or could not be rewarded, a line each."""

    @property
    def with_gradient(self) -> list[Group]:
        """The groups whose rewards differ, so that they have a gradient."""
        return [group for group in self.groups if group.advantages is not None]

    @property
    def traces(self) -> list[Trace]:
        """All solves that have a reward."""
        return [trace for group in self.groups for trace in group.traces]


@dataclass(frozen=True)
class GroupSampler:
    """Draws problems and solves them until enough groups have a gradient (dynamic sampling)."""

    curriculum: Curriculum  #: draws the problems
    rewards: RewardSum  #: rewards the solves
    groups: int  #: number of groups with a gradient that a step wants
    group_size: int  #: solves of each group
    refills: int  #: how often groups without a gradient are replaced
    estimator: AdvantageEstimator  #: of the advantages
    seed: int  #: determines which problems are drawn, and the seed of every solve

    def sample(self, step: int, solve: Solve) -> Batch:
        """Return the groups of a step, from 0, after at most `refills` further rounds."""
        batch, drawn_ids, size = Batch(), set[str](), self.group_size
        for refill in range(self.refills + 1):
            missing = self.groups - len(batch.with_gradient)
            rng = random.Random(f"draw:{self.seed}:{step}:{refill}")
            drawn = self.curriculum.draw(rng, missing, drawn_ids) if missing else []
            if not drawn:
                break
            questions = [problem.question for _, problem in drawn for _ in range(size)]
            seeds = [
                seed_of(self.seed, step, problem.id, number) for _, problem in drawn for number in range(size)
            ]
            traces = solve(questions, seeds)
            for index, (problem_set, problem) in enumerate(drawn):
                group_traces = traces[index * size : (index + 1) * size]
                batch.groups.append(self._group(problem_set, problem, group_traces, batch.failures))
        return batch

    def _group(
        self, problem_set: Problems, problem: Problem, traces: Sequence[Trace], failures: list[str]
    ) -> Group:
        """Reward the solves of a problem; those without a reward are left out and named in `failures`."""
        rewarded, rewards, correct = list[Trace](), list[float](), 0
        for number, trace in enumerate(traces):
            label = f"problem {problem.id} ({problem.question}), solve {number}"
            if trace.status == "failed":
                failures.append(f"{label}: {trace.error}")
                continue
            is_correct = problem_set.is_correct(problem, trace)
            try:
                reward = self.rewards.score(Solved(problem, trace, is_correct))
            except RewardError as error:
                failures.append(f"{label}: {error}")
                continue
            rewarded.append(trace)
            rewards.append(reward)
            correct += is_correct
        if rewarded:
            self.curriculum.update(problem.id, len(rewarded), correct)
        values = advantages(rewards, self.estimator)
        return Group(
            problem,
            tuple(rewarded),
            tuple(rewards),
            correct,
            None if values is None else tuple(values),
        )
