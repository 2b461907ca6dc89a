"""Curriculum by measured difficulty: problems that are always or never solved are drawn less."""

import random
from collections.abc import Mapping, Sequence

from vtc_r1.eval.problem import Problem
from vtc_r1.rl.problems import Problems

_KEPT = 0.7  #: what earlier tries count at every new group: difficulty changes as the model learns
_LEAST = 0.05  #: weight of a problem without a difference between its solves: it is still asked, now and then


class Curriculum:
    """Draws problems: a set by its share, then one of it by what its solves came to.

    Args:
        sets: the problems.
        measured: tries and right ones of each problem so far, by id, as `measured` has them.
    """

    def __init__(
        self, sets: Sequence[Problems], measured: Mapping[str, Sequence[float]] | None = None
    ) -> None:
        self.sets = sets
        self.measured = {name: [float(each) for each in pair] for name, pair in (measured or {}).items()}

    def draw(self, rng: random.Random, count: int, taken: set[str]) -> list[tuple[Problems, Problem]]:
        """Draw problems with their sets; adds their ids to `taken`, which are not drawn again."""
        drawn: list[tuple[Problems, Problem]] = []
        while len(drawn) < count:
            left = [each for each in self.sets if any(one.id not in taken for one in each.problems)]
            if not left:
                break
            (chosen,) = rng.choices(left, [each.share for each in left])
            free = [one for one in chosen.problems if one.id not in taken]
            (problem,) = rng.choices(free, [self.weight(one.id) for one in free])
            taken.add(problem.id)
            drawn.append((chosen, problem))
        return drawn

    def weight(self, name: str) -> float:
        """How likely a problem is drawn from its set, by its id: 1 where half of its solves are right."""
        tries, right = self.measured.get(name, (0.0, 0.0))
        chance = (right + 0.5) / (tries + 1)
        return max(_LEAST, 4 * chance * (1 - chance))

    def note(self, name: str, tries: int, right: int) -> None:
        """Take in what the solves of a problem came to."""
        before = self.measured.get(name, (0.0, 0.0))
        self.measured[name] = [_KEPT * before[0] + tries, _KEPT * before[1] + right]
