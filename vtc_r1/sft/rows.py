"""Rows in the schema of OpenR1-Math-220K, and worked exercises as such rows.

Schema: huggingface.co/datasets/open-r1/OpenR1-Math-220k (columns of its `default` split).
"""

import random
import re
import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict

from vtc_r1.exercises import KINDS, Exercise

_WEIGHTS = {"expression": 8, "equation": 2.5, "gcd": 2, "power": 1.5}
"""Relative frequency of each kind, by default 1: harder kinds are drawn more often."""
_THINKING = re.compile(r"<think>(.*?)</think>", re.DOTALL)


class Row(BaseModel):
    """One problem with the reasoning traces that were generated for it."""

    model_config = ConfigDict(frozen=True)

    problem: str
    solution: str | None = None
    answer: str | None
    problem_type: str | None = None
    question_type: str | None = None
    source: str | None = None
    uuid: str | None = None
    is_reasoning_complete: list[bool | None] | None = None
    generations: list[str | None] | None
    correctness_math_verify: list[bool | None] | None = None
    correctness_llama: list[bool | None] | None = None
    finish_reasons: list[str | None] | None = None
    correctness_count: int | None = None
    messages: list[dict[str, Any]] | None = None


def thinking(generation: str) -> str | None:
    """Return the text between `<think>` and `</think>`, None if there is none.

    A model whose chat template opens the thinking writes `</think>` alone: then it is the text before that.
    """
    found = _THINKING.search(generation)
    before, end, _ = generation.partition("</think>")
    trace = found.group(1) if found else before if end else None
    return None if trace is None else trace.strip("\n")


def worked_row(exercise: Exercise) -> Row:
    """Write a worked exercise as a row, one step per line."""
    trace = "\n".join(exercise.lines)
    generation = f"<think>\n{trace}\n</think>\n\n\\boxed{{{exercise.answer}}}"
    return Row(
        problem=exercise.question,
        solution=trace,
        answer=exercise.answer,
        problem_type=exercise.kind,
        question_type="math-word-problem",
        source="vtc-r1",
        uuid=str(uuid.uuid5(uuid.NAMESPACE_OID, exercise.question)),
        is_reasoning_complete=[True],
        generations=[generation],
        correctness_math_verify=[True],
        correctness_llama=None,
        finish_reasons=["stop"],
        correctness_count=1,
        messages=[
            {"role": "user", "content": exercise.question},
            {"role": "assistant", "content": generation},
        ],
    )


def draw_row(rng: random.Random, longest: int | None = None) -> Row:
    """Draw a worked row: a kind by its weight, its steps (at most `longest`) by their number, the rest."""
    (kind,) = rng.choices(list(KINDS.values()), [_WEIGHTS.get(name, 1) for name in KINDS])
    counts = [count for count in kind.lines if longest is None or count <= longest]
    (lines,) = rng.choices(counts, counts)
    return worked_row(kind.draw(rng, lines))
