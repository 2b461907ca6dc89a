"""Curriculum by measured difficulty: problems that are always or never solved are drawn less often."""

import random
from collections.abc import Mapping, Sequence

from vtc_r1.eval.problem import Problem
from vtc_r1.rl.problems import Problems

_DECAY = 0.7  #: factor of earlier counts at each new group: difficulty changes as the model is trained
_MIN_WEIGHT = 0.05  #: of a problem that is always or never solved, so that it is still drawn now and then


class Curriculum:
    """Draws problems: first a set by its share, then one of its problems by its pass rate.

    Args:
        sets: the problems.
        pass_counts: for each problem id, the number of solves and of correct ones so far, both decayed.
    """

    def __init__(
        self, sets: Sequence[Problems], pass_counts: Mapping[str, Sequence[float]] | None = None
    ) -> None:
        self.sets = sets
        self.pass_counts = {
            problem_id: [float(count) for count in counts]
            for problem_id, counts in (pass_counts or {}).items()
        }

    def draw(self, rng: random.Random, count: int, drawn_ids: set[str]) -> list[tuple[Problems, Problem]]:
        """Draw up to `count` problems, each with its set.

        None is drawn whose id is in `drawn_ids`; the ids of the drawn ones are added to it.
        """
        drawn: list[tuple[Problems, Problem]] = []
        while len(drawn) < count:
            candidate_sets = [
                problem_set
                for problem_set in self.sets
                if any(problem.id not in drawn_ids for problem in problem_set.problems)
            ]
            if not candidate_sets:
                break
            shares = [problem_set.share for problem_set in candidate_sets]
            (problem_set,) = rng.choices(candidate_sets, shares)
            candidates = [problem for problem in problem_set.problems if problem.id not in drawn_ids]
            (problem,) = rng.choices(candidates, [self.weight(problem.id) for problem in candidates])
            drawn_ids.add(problem.id)
            drawn.append((problem_set, problem))
        return drawn

    def weight(self, problem_id: str) -> float:
        """Return the sampling weight of a problem within its set, from 0.05 to 1: 1 at a pass rate of 1/2."""
        solves, correct = self.pass_counts.get(problem_id, (0.0, 0.0))
        pass_rate = (correct + 0.5) / (solves + 1)
        return max(_MIN_WEIGHT, 4 * pass_rate * (1 - pass_rate))

    def update(self, problem_id: str, solves: int, correct: int) -> None:
        """Count the solves of a new group of a problem, and the correct ones among them."""
        before = self.pass_counts.get(problem_id, (0.0, 0.0))
        self.pass_counts[problem_id] = [_DECAY * before[0] + solves, _DECAY * before[1] + correct]
