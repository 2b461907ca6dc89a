"""Which problems of a benchmark are wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.errors import UnknownName
from vtc_r1.eval.problem import Problem


@dataclass(frozen=True)
class Selection:
    """A part of the benchmarks of one command.

    Attributes:
        limit: most problems of each, the first ones; None for all.
        only: ids of the only problems wanted; empty for all.
    """

    limit: int | None = None
    only: tuple[str, ...] = ()

    def check(self, benchmarks: Sequence[Sequence[Problem]]) -> None:
        """Raise UnknownName for an id that no benchmark has."""
        known = {problem.id for problems in benchmarks for problem in problems}
        for name in self.only:
            if name not in known:
                raise UnknownName("problem", name, known)

    def of(self, problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """Return the problems wanted, in the benchmark's order."""
        wanted = [problem for problem in problems if not self.only or problem.id in self.only]
        return tuple(wanted[: self.limit])


EVERYTHING = Selection()
"""All problems."""
