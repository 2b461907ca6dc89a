"""The grid of problems: tasks × lengths × depths, each problem with its own seed."""

import random
from typing import Annotated, Literal

from pydantic import Field

from vtc_r1.eval.longcontext import tasks
from vtc_r1.eval.longcontext.task import Counts, Task
from vtc_r1.eval.problem import Passage, Problem

TaskName = Literal[
    "niah-single",
    "niah-multikey",
    "niah-multivalue",
    "niah-multiquery",
    "niah-lines",
    "variable-tracking",
    "common-words",
    "nth-answer",
]
TASKS: dict[TaskName, Task] = {
    "niah-single": tasks.single,
    "niah-multikey": tasks.multikey,
    "niah-multivalue": tasks.multivalue,
    "niah-multiquery": tasks.multiquery,
    "niah-lines": tasks.lines,
    "variable-tracking": tasks.variable_tracking,
    "common-words": tasks.common_words,
    "nth-answer": tasks.nth_answer,
}
_K = 1024
_CHARACTERS_PER_TOKEN = 3.2
"""Defines document lengths, so that the problems do not depend on a tokenizer."""


class LongContext(Counts):
    """Which problems about long documents to draw."""

    kind: Literal["long-context"]
    tasks: tuple[TaskName, ...] = Field(min_length=1)  #: the tasks
    #: document lengths in tokens, at 3.2 characters per token
    lengths: tuple[Annotated[int, Field(ge=512, le=4_194_304)], ...] = Field(min_length=1)
    #: positions of the relevant text, in percent of the document
    depths: tuple[Annotated[float, Field(ge=0, le=100)], ...] = Field((0, 25, 50, 75, 100), min_length=1)
    problems: int = Field(1, ge=1)  #: problems for each task, length and depth
    seed: int = 0  #: determines every problem, together with its id


def problems(wanted: LongContext) -> list[Problem]:
    """Draw the problems, shortest documents first, so that a limit selects those."""
    return [
        _problem(wanted, task, length, depth, number)
        for length in wanted.lengths
        for task in wanted.tasks
        for depth in (wanted.depths if task != "common-words" else wanted.depths[:1])
        for number in range(wanted.problems)
    ]


def _problem(wanted: LongContext, task: TaskName, length: int, depth: float, number: int) -> Problem:
    level = f"{length // _K}k" if length % _K == 0 else str(length)
    name = f"{task}/{level}/{depth:g}/{number}"
    rng = random.Random(f"long-context:{wanted.seed}:{name}")
    drawn = TASKS[task](rng, round(length * _CHARACTERS_PER_TOKEN), depth / 100, wanted)
    return Problem(
        id=name,
        question=drawn.question,
        answer=", ".join(drawn.answers),
        answers=drawn.answers,
        metric="all",
        level=level,
        subject=task,
        context=(Passage(name="document.txt", text=drawn.text),),
        extra={"depth": depth, "places": list(drawn.places)},
    )
