"""Generated documents of name-value pairs, of the kind the embedded model knows, with a name to look up."""

import random
from typing import Annotated, Literal

from pydantic import Field

from vtc_r1.configuration import Record
from vtc_r1.eval.problem import Passage, Problem
from vtc_r1.exercises.lookups import MOST_NAMES, draw


class Lookups(Record):
    """Problems that ask for the value of a name."""

    kind: Literal["lookup"]
    problems: int = Field(ge=1, description="how many, balanced over lengths.")
    pairs: tuple[Annotated[int, Field(ge=1, le=MOST_NAMES)], ...] = Field(
        min_length=1, description="lengths of the documents, in lines."
    )
    seed: int = Field(default=0, description="determines every problem, together with its id.")


def problems(wanted: Lookups) -> list[Problem]:
    """Draw the problems, one of each length in turn; every line is equally likely to be asked for.

    A problem's level is the number of lines of its document. No training run uses these seeds.
    """
    return [_problem(wanted.seed, at, wanted.pairs[at % len(wanted.pairs)]) for at in range(wanted.problems)]


def _problem(seed: int, at: int, pairs: int) -> Problem:
    lookup = draw(random.Random(f"eval:lookup:{seed}:{at}"), pairs)
    return Problem(
        id=str(at),
        question=f"{lookup.question.removesuffix('?')} = ?",
        answer=lookup.answer,
        level=str(pairs),
        context=(Passage(name="pairs.txt", text="\n".join(lookup.pairs)),),
        extra={"line": lookup.at + 1},
    )
