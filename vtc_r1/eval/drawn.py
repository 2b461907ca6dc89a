"""Problems drawn from a seed, of the kinds that small models are taught: arithmetic, chains, look-ups.

A document to look values up in holds name-value pairs, and a name in it is asked for.
"""

import random
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from vtc_r1.configuration import Record
from vtc_r1.eval.problem import Passage, Problem
from vtc_r1.exercises import KINDS, NAMED, Kind, segments_of
from vtc_r1.exercises.lookups import MOST_NAMES, draw

EXERCISES: dict[str, Mapping[str, Kind]] = {"arithmetic": KINDS, "chains": NAMED}
"""Kinds of exercises, by what a benchmark says that it generates."""


def problems(n: int, seed: int, exercises: str = "arithmetic") -> list[Problem]:
    """Draw `n` problems, balanced over kinds and, within each kind, over numbers of iterations.

    A problem's subject is its kind, its level the number of iterations that it needs. No training run
    uses these seeds.
    """
    rng = random.Random(f"eval:{seed}")
    kinds = list(EXERCISES[exercises].values())
    drawn = []
    for at in range(n):
        turn, which = divmod(at, len(kinds))
        kind = kinds[which]
        levels = sorted({segments_of(lines, kind.segment_lines) for lines in kind.lines})
        level = levels[turn % len(levels)]
        fits = [lines for lines in kind.lines if segments_of(lines, kind.segment_lines) == level]
        lines = rng.choice(fits)
        exercise = kind.draw(rng, lines)
        drawn.append(
            Problem(
                id=str(at),
                question=exercise.question,
                answer=exercise.answer,
                level=str(level),
                subject=kind.name,
            )
        )
    return drawn


class Lookups(Record):
    """Problems that ask for the value of a name."""

    kind: Literal["lookup"]
    problems: int = Field(ge=1, description="how many, balanced over lengths.")
    pairs: tuple[Annotated[int, Field(ge=1, le=MOST_NAMES)], ...] = Field(
        min_length=1, description="lengths of the documents, in lines."
    )
    seed: int = Field(default=0, description="determines every problem, together with its id.")


def lookup_problems(wanted: Lookups) -> list[Problem]:
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
