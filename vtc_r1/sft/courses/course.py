"""A course: what a curriculum teaches, in which order."""

import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

from vtc_r1.exercises import Kind
from vtc_r1.sft.examples import Example

Trees = list[list[Example]]
"""Examples, those with a common beginning together: each list is packed into one sequence."""


class Course(ABC):
    """What is taught.

    Attributes:
        kinds: of the problems.
        memory: the memory policies of the examples.
        budgeted: whether a budget had dropped parts of some memories.
        segment_tokens: tokens of the longest target.
        blind: starting models (`model` of a recipe) that cannot read the course's pages yet.
    """

    kinds: Mapping[str, Kind]
    memory: tuple[str, ...]
    budgeted: bool
    segment_tokens: int
    blind: frozenset[str]

    @abstractmethod
    def pool(
        self, rng: random.Random, progress: float, batches: int, traces: int, *, reads: bool
    ) -> Iterator[tuple[Trees, int]]:
        """Yield trees, and how many batches to make of them, until there are all batches.

        Args:
            rng: decides every draw.
            progress: share of the training that is done.
            batches: number of batches.
            traces: number of traces for each of them.
            reads: whether the model could read before the training.
        """
