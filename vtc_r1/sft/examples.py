"""Examples: one row of reasoning → one example a segment, conditioned on a memory."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers import Page, Renderer
from vtc_r1.segments import keep
from vtc_r1.sft.rows import Row, thinking
from vtc_r1.sft.segmentation import segment_lines
from vtc_r1.sft.targets import write_targets

MemoryKind = Literal["optical", "text", "hybrid"]
SEGMENT_LINES = 2
"""Operations that a segment does, one a line; a lone last one joins the segment before."""
READ = "read"
"""The question of a reading example: transcribe the page."""


@dataclass(frozen=True)
class Example:
    """What the model sees and what it learns to write after it."""

    prompt: Prompt
    target: str


def segment_targets(row: Row) -> list[tuple[str, str]]:
    """Return (kept text, target) of every segment of a worked row; the last target ends with the answer."""
    trace = thinking((row.generations or [None])[0] or "")
    if trace is None:
        raise ValueError(f"row {row.uuid}: no <think>…</think> in its generation")
    segments = [keep(trace[start:end], cut=False) for start, end in segment_lines(trace, SEGMENT_LINES)]
    return list(zip(segments, write_targets(segments, row.answer or ""), strict=True))


def carry(segments: Sequence[str], kind: MemoryKind, renderer: Renderer) -> list[str | Page]:
    """Return the memory of `segments` as the loop's policy of that name carries it."""
    as_text = {"optical": 0, "hybrid": 1, "text": len(segments)}[kind]
    drawn = segments[: len(segments) - as_text]
    return [*(page for segment in drawn for page in renderer.render(segment)), *segments[len(drawn) :]]


def segment_example(row: Row, at: int, kind: MemoryKind, prompts: PromptSet, renderer: Renderer) -> Example:
    """Make the example of segment `at` of `row`."""
    pairs = segment_targets(row)
    memory = carry([segment for segment, _ in pairs[:at]], kind, renderer)
    return Example(prompts.render(row.problem, memory, iteration=at), pairs[at][1])


def reading_example(
    rng: random.Random, columns: Sequence[int], prompts: PromptSet, renderer: Renderer
) -> Example:
    """Make an example that transcribes a page of random digits and operators, so many on each line."""
    text = "\n".join("".join(rng.choices("0123456789+-*=", k=length)) for length in columns)
    return Example(prompts.render(READ, [*renderer.render(text)], iteration=0), text)
