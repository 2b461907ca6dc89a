"""Rows in the schema of OpenR1-Math-220K, and worked expressions as such rows.

Schema: huggingface.co/datasets/open-r1/OpenR1-Math-220k (columns of its `default` split).
"""

import random
import re
import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict

from vtc_r1.arithmetic import OPERATIONS, Expression, draw

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
    """Return the text between `<think>` and `</think>`, None where there is none."""
    found = _THINKING.search(generation)
    return found.group(1).strip("\n") if found else None


def worked_row(expression: Expression) -> Row:
    """Write the step-by-step evaluation of `expression` as a row, one operation a line."""
    trace = "\n".join(str(step) for step, _ in expression.steps())
    problem, answer = str(expression), str(expression.value)
    generation = f"<think>\n{trace}\n</think>\n\n\\boxed{{{answer}}}"
    return Row(
        problem=problem,
        solution=trace,
        answer=answer,
        problem_type="Arithmetic",
        question_type="math-word-problem",
        source="vtc-r1",
        uuid=str(uuid.uuid5(uuid.NAMESPACE_OID, problem)),
        is_reasoning_complete=[True],
        generations=[generation],
        correctness_math_verify=[True],
        correctness_llama=None,
        finish_reasons=["stop"],
        correctness_count=1,
        messages=[{"role": "user", "content": problem}, {"role": "assistant", "content": generation}],
    )


def draw_row(rng: random.Random) -> Row:
    """Draw a worked row; half of them are the largest of three draws, as large numbers are rare."""
    operations = rng.choice(OPERATIONS)
    draws = [draw(rng, operations) for _ in range(rng.choice((1, 3)))]
    return worked_row(max(draws, key=_largest))


def _largest(expression: Expression) -> int:
    return max(abs(step.value) for step, _ in expression.steps())
