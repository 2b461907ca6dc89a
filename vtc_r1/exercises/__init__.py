"""Exercises: the kinds of step-by-step problems that small models are taught."""

import copy
import random
from collections.abc import Mapping, Sequence

from vtc_r1.exercises.bases import Bases
from vtc_r1.exercises.chains import Chains
from vtc_r1.exercises.divisors import Divisors
from vtc_r1.exercises.equations import Equations
from vtc_r1.exercises.exercise import SEGMENT_LINES, Exercise, Kind, OutOfRange, plain, segments_of
from vtc_r1.exercises.expressions import Expressions
from vtc_r1.exercises.ledgers import Ledgers
from vtc_r1.exercises.powers import Powers

__all__ = [
    "ALL",
    "KINDS",
    "NAMED",
    "SEGMENT_LINES",
    "Exercise",
    "Kind",
    "OutOfRange",
    "beyond",
    "draw",
    "read",
    "segments_of",
]

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (Expressions(), Divisors(), Equations(), Powers(), Bases())
}
"""What the embedded model is taught."""
NAMED: dict[str, Kind] = {kind.name: kind for kind in (Chains(), Ledgers())}
"""Kinds of which a page holds several steps, and in which values are needed again much later."""
ALL: dict[str, Kind] = {**KINDS, **NAMED}


def read(question: str, given: Sequence[str] = (), kinds: Mapping[str, Kind] = KINDS) -> Exercise | None:
    """Work out a question as a person may write it; None if it is of no kind. Raises OutOfRange.

    Args:
        question: as a person may write it.
        given: the first lines, right or wrong; the others continue from them as they are.
        kinds: the kinds that it may be of; by default what the embedded model is taught.
    """
    text = plain(question)
    if text is None:
        return None
    for kind in kinds.values():
        if (exercise := kind.read(text, given)) is not None:
            return exercise
    return None


def draw(rng: random.Random, kind: str, lines: int) -> Exercise:
    """Draw an exercise of `kind` with `lines` steps."""
    return ALL[kind].draw(rng, lines)


def beyond(kind: str, lines: int) -> Kind:
    """Return a kind whose problems take up to `lines` steps, even more than the embedded model is taught."""
    wider = copy.copy(KINDS[kind])
    wider.lines = range(wider.lines[0], max(wider.lines[-1], lines) + 1)
    return wider
