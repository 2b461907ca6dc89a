"""The course of pages that hold several steps: to read them first, then long traces that need them."""

import random
from collections.abc import Iterator
from functools import cached_property
from string import ascii_lowercase

from vtc_r1.exercises import NAMED
from vtc_r1.exercises.named import LARGEST, SEGMENT_LINES, SMALLEST
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Renderer
from vtc_r1.sft.courses.course import Course, Trees
from vtc_r1.sft.examples import Example, find_example, reading_example, trace_examples
from vtc_r1.sft.rows import worked_row
from vtc_r1.sft.training.recipe import EMBEDDED, NEW

GROWN = 0.4  #: share of the training after which problems have all their steps
FEWEST = 10  #: most steps of a problem at first
MOST_PAGES = 5  #: of a memory to look lines up in
ASKED = 3  #: lines that are looked up at once
READING, FINDING = (1.5, 0.5), (1.0, 0.5)
"""Pages to transcribe, and memories to look lines up in, for each trace: at first, and later."""
TEXT = (0.35, 0.1)  #: share of the traces with text memory, likewise
KEPT = 0.15  #: share of the traces whose memory keeps its first page, and drops those before the newest
BUDGET = 24  #: tokens of that memory: two pages
LEDGERS = 0.15  #: share of the traces that are ledgers
ALPHABET = "0123456789+-=" + ascii_lowercase
COLUMNS = 12
MOST_STEPS = NAMED["chain"].lines[-1]


class Micro(Course):
    """Starts from a model that can already work out steps, and teaches it the pages and the chains."""

    kinds = NAMED
    kept = f"decay:budget={BUDGET},first=1"
    memory = ("optical", "text", "decay:first=1")
    budgeted = True
    segment_tokens = 56  #: four steps, and the answer in its tags
    blind = frozenset({NEW, EMBEDDED})

    def __init__(self) -> None:
        self.prompts = PromptSet("nano")

    @cached_property
    def pages(self) -> Renderer:
        """The renderer of its profile."""
        return Renderer("micro")

    def pool(
        self, rng: random.Random, progress: float, batches: int, traces: int, *, reads: bool
    ) -> Iterator[tuple[Trees, int]]:
        """Yield the trees of all batches, in one profile."""
        yield self._draws(rng, 1.0 if reads else min(1.0, progress / GROWN), batches * traces), batches

    def _draws(self, rng: random.Random, grown: float, traces: int) -> Trees:
        """Draw traces, and pages to read; `grown` from 0 to 1 says how far problems have grown."""
        pages = 1 + round((MOST_PAGES - 1) * grown)
        trees = [
            [reading_example(_page(rng), self.prompts, self.pages)]
            for _ in range(round(traces * between(READING, grown)))
        ]
        for _ in range(round(traces * between(FINDING, grown))):
            trees.append([self._finding(rng, rng.randint(1, pages))])
        trees += [self._trace(rng, grown) for _ in range(traces)]
        return trees

    def _finding(self, rng: random.Random, pages: int) -> Example:
        """Draw lines to look up by their names, in a memory of this many pages."""
        count = pages * SEGMENT_LINES
        first = rng.randrange(0, MOST_STEPS - count + 1, SEGMENT_LINES) if rng.random() < 0.5 else 0
        lines = [_line(rng, at) for at in range(first, first + count)]
        segments = ["\n".join(lines[at : at + SEGMENT_LINES]) for at in range(0, count, SEGMENT_LINES)]
        return find_example(segments, rng.choices(lines, k=ASKED), self.prompts, self.pages)

    def _trace(self, rng: random.Random, grown: float) -> list[Example]:
        """Draw every segment of a problem, all with one memory."""
        kind = NAMED["ledger" if rng.random() < LEDGERS else "chain"]
        most = max(kind.lines[0], round(FEWEST + (MOST_STEPS - FEWEST) * grown))
        exercise = kind.draw(rng, rng.choice([steps for steps in kind.lines if steps <= most]))
        text = between(TEXT, grown)
        (memory,) = rng.choices(("text", self.kept, "optical"), (text, KEPT, 1 - text - KEPT))
        return trace_examples(worked_row(exercise), memory, self.prompts, self.pages, SEGMENT_LINES)


def between(ends: tuple[float, float], grown: float) -> float:
    """Interpolate between the value at first and the value for full-size problems."""
    first, last = ends
    return first + (last - first) * grown


def _page(rng: random.Random) -> str:
    """Draw a page to read: steps, or characters. All are of one size, which makes a batch fast."""
    count = rng.choice((SEGMENT_LINES - 1, SEGMENT_LINES))
    if rng.random() < 0.5:
        first = rng.randrange(MOST_STEPS - SEGMENT_LINES + 1)
        return "\n".join(_line(rng, at) for at in range(first, first + count))
    return "\n".join("".join(rng.choices(ALPHABET, k=rng.randrange(4, COLUMNS + 1, 2))) for _ in range(count))


def _line(rng: random.Random, at: int) -> str:
    """Draw a line like that of step `at`; its numbers are independent, so each must be read."""
    name, first, second, result = ascii_lowercase[at], *(rng.randint(SMALLEST, LARGEST) for _ in range(3))
    worked = f"{first}{rng.choice('+-')}{second}={result}"
    if at < SEGMENT_LINES:
        return f"{name}={worked}"
    other = rng.choice(ascii_lowercase[:SEGMENT_LINES])
    return f"{name}={ascii_lowercase[at - 1]}{rng.choice('+-')}{other}={worked}"
