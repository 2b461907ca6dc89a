"""The embedded model's course: read first, then reason, with every memory and in several styles."""

import random
import string
from collections.abc import Iterator, Sequence
from functools import cached_property

from vtc_r1.exercises import KINDS
from vtc_r1.exercises.lookups import MOST_PAIRS
from vtc_r1.exercises.lookups import draw as draw_lookup
from vtc_r1.memory import Draws
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Page, Renderer
from vtc_r1.sft.courses.course import Course, Trees
from vtc_r1.sft.examples import (
    Example,
    lookup_example,
    reading_example,
    result_example,
    segment_example,
    segment_targets,
    whole_example,
)
from vtc_r1.sft.rows import Row, draw_row
from vtc_r1.sft.styling.nano import COLUMNS, draw_style
from vtc_r1.sft.training.recipe import NEW

OWN = 0.75  #: share of the batches with the model's own profile; two other styles share the rest
LOOKUPS = 0.3  #: number of lookups for each trace
RESULTS = 9
"""Number of results to complete for each trace: hardest for a small model to learn, at ten tokens each."""
RESULTS_OF = {"expression": 6, "equation": 3, "gcd": 1, "base": 1}
"""Kinds of their lines, and how often; in a power's line the result needs more than the line."""
WHOLE = 0.12  #: share of the traces written as one segment, without memory
TEXT = 0.15  #: share of the others with text memory
ALPHABETS = ("0123456789+-*/=()^ ", string.digits, string.printable[:95])
"""Characters of pages to read: those of steps, digits, all that is printable."""


class Nano(Course):
    """A model that can already read gets fewer but full pages, and long traces, from the start."""

    kinds = KINDS
    memory = ("optical", "text", "hybrid", "single")
    budgeted = False
    segment_tokens = 32  #: its last line, and the answer in its tags
    blind = frozenset({NEW})

    def __init__(self) -> None:
        self.prompts = PromptSet("nano")

    @cached_property
    def own(self) -> Renderer:
        """The renderer of its own profile."""
        return Renderer("nano", cache=None)

    def pool(
        self, rng: random.Random, progress: float, batches: int, traces: int, *, reads: bool
    ) -> Iterator[tuple[Trees, int]]:
        """Yield the trees of its own pages, then those of two other styles."""
        pairs, own = most_pairs(progress), round(OWN * batches)
        progress = 1.0 if reads else progress
        others = (batches - own) // 2
        for renderer, count in ((self.own, own), (draw_style(rng), others), (draw_style(rng), others)):
            yield self._draws(rng, progress, pairs, renderer, count * traces), count

    def _draws(
        self, rng: random.Random, progress: float, pairs: int, renderer: Renderer, traces: int
    ) -> Trees:
        """Draw a number of traces, and pages to read; all their pages are drawn at once."""
        rows = [draw_row(rng, longest(progress)) for _ in range(traces)]
        texts = [_characters(rng, progress) for _ in range(round(traces * pages_to_read(progress)))]
        lines = [line for row in rows for line, _ in segment_targets(row)]
        lookups = [draw_lookup(rng, rng.randint(1, pairs)) for _ in range(round(traces * LOOKUPS))]
        pages = LinePages(renderer, [*lines, *texts, *(pair for one in lookups for pair in one.pairs)])
        drawn = [
            [whole_example(row, self.prompts)] if rng.random() < WHOLE else self._segments(rng, row, pages)
            for row in rows
        ]
        for lookup in lookups:
            policy = "text" if rng.random() < 0.25 else "optical"
            drawn.append([lookup_example(lookup, policy, self.prompts, pages)])
        drawn += [[reading_example(text, self.prompts, pages)] for text in texts]
        for _ in range(traces):
            results = result_lines(rng, rng.randint(1, 2 * RESULTS - 1))
            drawn.append([result_example(line, self.prompts) for line in results])
        return drawn

    def _segments(self, rng: random.Random, row: Row, pages: Draws) -> list[Example]:
        """Every segment of `row`: some rows have text memory; in others, some segments have hybrid memory."""
        count = len(segment_targets(row))
        policies: list[str] = (
            ["text"] * count
            if rng.random() < TEXT
            else rng.choices(("optical", "hybrid"), (0.8, 0.2), k=count)
        )
        return [segment_example(row, at, policy, self.prompts, pages) for at, policy in enumerate(policies)]


class LinePages:
    """The pages of many lines, drawn as one text: as a page holds one line, the pages are the same."""

    def __init__(self, renderer: Renderer, lines: Sequence[str]) -> None:
        self.profile = renderer.profile
        distinct = list(dict.fromkeys(lines))
        self._pages = dict(zip(distinct, renderer.render("\n".join(distinct)), strict=True))

    def render(self, text: str) -> list[Page]:
        """Return the page of `text`, one of the lines."""
        return [self._pages[text]]


def pages_to_read(progress: float) -> float:
    """Number of pages to read for each trace: six at first, down to one by a sixth of the training."""
    return max(1.0, min(6.0, 6.0 - 40.0 * (progress - 0.04)))


def most_pairs(progress: float) -> int:
    """Maximum pairs of a document for lookups: 4 at first, all by a quarter of the training."""
    return min(MOST_PAIRS, 4 + round(80 * progress))


def longest(progress: float) -> int | None:
    """Maximum steps of a problem: 4 at first, all by a tenth of the training."""
    return None if progress >= 0.1 else 4 + round(64 * progress)


def result_lines(rng: random.Random, count: int) -> list[str]:
    """Draw lines whose results follow from the rest of the line; the longest most often."""
    lines: list[str] = []
    while len(lines) < count:
        (name,) = rng.choices(list(RESULTS_OF), list(RESULTS_OF.values()))
        exercise = KINDS[name].draw(rng, rng.choice(KINDS[name].lines))
        # Later lines of a base have the digits of those before, too.
        drawn = exercise.lines[:1] if name == "base" else exercise.lines
        lines += sorted(drawn, key=len)[-rng.choice((2, len(drawn))) :]
    return lines[:count]


def _characters(rng: random.Random, progress: float) -> str:
    """Draw a page to read: a few characters first, a whole line soon."""
    grown = min(1.0, 0.15 + progress / 0.06)
    weights = (0.7, 0.15, 0.15) if grown == 1 else (0.8, 0.2, 0)
    (alphabet,) = rng.choices(ALPHABETS, weights)
    # A blank at either end would not be visible on the page.
    return "".join(rng.choices(alphabet, k=rng.randint(1, round(COLUMNS * grown)))).strip() or "0"
