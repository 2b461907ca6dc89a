"""Curricula: batches of generated problems, drawn while a model is trained; the course decides which."""

import random
from typing import TYPE_CHECKING

from vtc_r1.sft.courses.course import Course
from vtc_r1.sft.packing import Packed, Packer

if TYPE_CHECKING:
    import torch

POOL = 16  #: number of batches drawn together and sorted by length, so that little of a batch is padding


class Curriculum:
    """Batches in order: item `k` is the batch of step `k`, a pure function of `k` and the seed.

    Args:
        steps: number of batches.
        batch: traces of a batch, which has other examples too.
        seed: decides every draw.
        packer: packs the examples.
        course: what is drawn.
        reads: whether the model can already read the course's pages.
    """

    def __init__(
        self, steps: int, batch: int, seed: int, packer: Packer, course: Course, *, reads: bool = False
    ) -> None:
        self.steps, self.batch, self.seed, self.packer, self.course = steps, batch, seed, packer, course
        self.reads = reads
        self._pool: tuple[int, list[list[Packed]]] = (-1, [])

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> "dict[str, torch.Tensor]":
        if not 0 <= step < self.steps:
            raise IndexError(step)
        number, within = divmod(step, POOL)
        if self._pool[0] != number:
            self._pool = (number, self._draw_pool(number))
        return self.packer.batch(self._pool[1][within])

    def _draw_pool(self, number: int) -> list[list[Packed]]:
        rng = random.Random(f"train:{self.seed}:{number}")
        batches = [
            batch
            for trees, count in self.course.pool(
                rng, number * POOL / self.steps, POOL, self.batch, reads=self.reads
            )
            for batch in evenly([self.packer.pack(tree) for tree in trees], count)
        ]
        rng.shuffle(batches)
        return batches


def evenly(packs: list[Packed], count: int) -> list[list[Packed]]:
    """Sort `packs` by length and cut them into `count` batches of about as many tokens, padding included."""
    packs = sorted(packs, key=lambda pack: len(pack.ids))
    share = sum(len(pack.ids) for pack in packs) / count
    batches: list[list[Packed]] = [[]]
    spent = 0.0
    for at, pack in enumerate(packs):
        owed = count - len(batches)
        if batches[-1] and owed and (spent >= share * len(batches) or len(packs) - at <= owed):
            batches.append([])
        batches[-1].append(pack)
        spent += len(pack.ids)
    return batches
