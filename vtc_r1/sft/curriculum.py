"""The embedded model's curriculum: read first, then reason, on optical and on text memory."""

import random
from typing import TYPE_CHECKING

from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Renderer
from vtc_r1.sft.collate import Collator
from vtc_r1.sft.examples import Example, MemoryKind, reading_example, segment_example, segment_targets
from vtc_r1.sft.rows import draw_row

if TYPE_CHECKING:
    import torch

POOL = 16
"""Batches that are drawn together and sorted by length, so that little of a batch is padding."""
_KINDS: tuple[MemoryKind, ...] = ("optical", "text", "hybrid")


class Curriculum:
    """Batches in order: item `k` is the batch of step `k`, a pure function of `k` and the seed.

    A model that reads already (`reads`) is given whole pages, and few of them, from the start.
    """

    def __init__(self, steps: int, batch: int, seed: int, collator: Collator, *, reads: bool = False) -> None:
        self.steps, self.batch, self.seed, self.collator = steps, batch, seed, collator
        self.reads = reads
        self.prompts, self.renderer = PromptSet("nano"), Renderer("nano")
        self._pool: tuple[int, list[list[Example]]] = (-1, [])

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> "dict[str, torch.Tensor]":
        if not 0 <= step < self.steps:
            raise IndexError(step)
        number, within = divmod(step, POOL)
        if self._pool[0] != number:
            self._pool = (number, self._draw_pool(number))
        return self.collator(self._pool[1][within])

    def _draw_pool(self, number: int) -> list[list[Example]]:
        rng = random.Random(f"train:{self.seed}:{number}")
        progress = 1.0 if self.reads else number * POOL / self.steps
        examples = sorted((self._draw(rng, progress) for _ in range(POOL * self.batch)), key=_length)
        batches = [examples[at : at + self.batch] for at in range(0, len(examples), self.batch)]
        rng.shuffle(batches)
        return batches

    def _draw(self, rng: random.Random, progress: float) -> Example:
        if rng.random() < reading_share(progress):
            return reading_example(rng, reading_columns(rng, progress), self.prompts, self.renderer)
        row = draw_row(rng)
        at = rng.randrange(len(segment_targets(row)))
        weights = (0.7, 0.2, 0.1) if progress > 0.15 else (0.3, 0.6, 0.1)
        kind = rng.choices(_KINDS, weights)[0]
        return segment_example(row, at, kind, self.prompts, self.renderer)


def reading_share(progress: float) -> float:
    """Share of reading examples: half at first, down to a tenth by a third of the training."""
    return max(0.1, min(0.5, 0.5 - 2.0 * (progress - 0.15)))


def reading_columns(rng: random.Random, progress: float) -> list[int]:
    """Characters on each line of a page to read: a few on one line first, two whole lines soon."""
    grown = min(1.0, 0.1 + progress / 0.15)
    widest = max(2, round(16 * grown))
    return [rng.randint(1, widest) for _ in range(rng.randint(1, max(1, round(2 * grown))))]


def _length(example: Example) -> int:
    pages = example.prompt.pages
    words = sum(len(part) for part in example.prompt.content if isinstance(part, str))
    return words + sum(page.vision_tokens for page in pages) + len(example.target)
