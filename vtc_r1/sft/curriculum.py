"""The embedded model's curriculum: read first, then reason, with every memory and in several styles."""

import random
import string
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Renderer
from vtc_r1.sft.examples import (
    Example,
    MemoryKind,
    reading_example,
    segment_example,
    segment_targets,
    whole_example,
)
from vtc_r1.sft.packing import Packed, Packer
from vtc_r1.sft.rows import Row, draw_row
from vtc_r1.sft.styles import COLUMNS, draw_style

if TYPE_CHECKING:
    import torch

POOL = 16
"""Batches that are drawn together and sorted by length, so that little of a batch is padding."""
OWN = 10
"""How many of them are pages of the model's own profile; two other styles share the rest."""
ALPHABETS = ("0123456789+-*/=()^ ", string.digits, string.printable[:95])
"""Characters of pages to read: those of steps, digits, all that is printable."""


class Curriculum:
    """Batches in order: item `k` is the batch of step `k`, a pure function of `k` and the seed.

    A model that reads already (`reads`) is given whole pages, and fewer of them, from the start.
    """

    def __init__(self, steps: int, batch: int, seed: int, packer: Packer, *, reads: bool = False) -> None:
        self.steps, self.batch, self.seed, self.packer = steps, batch, seed, packer
        self.reads = reads
        self.prompts, self.own = PromptSet("nano"), Renderer("nano", cache=None)
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
        progress = 1.0 if self.reads else number * POOL / self.steps
        others = (POOL - OWN) // 2
        batches = [
            batch
            for renderer, count in ((self.own, OWN), (draw_style(rng), others), (draw_style(rng), others))
            for batch in evenly(list(self._draws(rng, progress, renderer, count * self.batch)), count)
        ]
        rng.shuffle(batches)
        return batches

    def _draws(
        self, rng: random.Random, progress: float, renderer: Renderer, traces: int
    ) -> Iterator[Packed]:
        """Draw so many traces, and pages to read."""
        for _ in range(traces):
            row = draw_row(rng, longest(progress))
            whole = rng.random() < 0.25
            examples = (
                [whole_example(row, self.prompts)] if whole else list(self._segments(rng, row, renderer))
            )
            yield self.packer.pack(examples)
        for _ in range(round(traces * pages_to_read(progress))):
            text = _characters(rng, progress)
            yield self.packer.pack([reading_example(text, self.prompts, renderer)])

    def _segments(self, rng: random.Random, row: Row, renderer: Renderer) -> list[Example]:
        """Every segment of `row`: a quarter of the rows with text memory, else some with hybrid."""
        count = len(segment_targets(row))
        kinds: list[MemoryKind] = (
            ["text"] * count
            if rng.random() < 0.25
            else rng.choices(("optical", "hybrid"), (0.8, 0.2), k=count)
        )
        return [segment_example(row, at, kind, self.prompts, renderer) for at, kind in enumerate(kinds)]


def pages_to_read(progress: float) -> float:
    """Pages to read beside each trace: six at first, down to two by a fifth of the training."""
    return max(2.0, min(6.0, 6.0 - 27.0 * (progress - 0.05)))


def longest(progress: float) -> int | None:
    """Most steps of a problem: 4 at first, all by a quarter of the training."""
    return None if progress > 0.25 else 4 + round(64 * progress)


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


def _characters(rng: random.Random, progress: float) -> str:
    """Draw a page to read: a few characters on one line first, two whole lines soon."""
    grown = min(1.0, 0.1 + progress / 0.08)
    widest, lines = max(2, round(COLUMNS * grown)), max(1, round(2 * grown))
    weights = (0.6, 0.2, 0.2) if grown == 1 else (0.8, 0.2, 0)
    (alphabet,) = rng.choices(ALPHABETS, weights)
    return "\n".join(
        "".join(rng.choices(alphabet, k=rng.randint(1, widest))) for _ in range(rng.randint(1, lines))
    )
