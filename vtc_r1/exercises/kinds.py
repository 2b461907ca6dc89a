"""All kinds, and reading a question as one of them."""

import random
import re

from vtc_r1.exercises.bases import Bases
from vtc_r1.exercises.divisors import Divisors
from vtc_r1.exercises.equations import Equations
from vtc_r1.exercises.exercise import Exercise, Kind
from vtc_r1.exercises.expressions import Expressions
from vtc_r1.exercises.powers import Powers

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (Expressions(), Divisors(), Equations(), Powers(), Bases())
}

_SPELLINGS = str.maketrans({"×": "*", "·": "*", "−": "-", "\N{EN DASH}": "-", "÷": "/"})
_LONGEST = 200


def read(question: str) -> Exercise | None:
    """Work out a question as a person may write it; None where it is of no kind, raises Outside."""
    text = question.translate(_SPELLINGS).lower().strip().removesuffix("?").rstrip()
    if len(text) > _LONGEST or re.search(r"\d\s+\d", text):
        return None
    text = re.sub(r"\s+", "", text)
    for kind in KINDS.values():
        if (exercise := kind.read(text)) is not None:
            return exercise
    return None


def draw(rng: random.Random, kind: str, lines: int) -> Exercise:
    """Draw an exercise of `kind` with so many steps."""
    return KINDS[kind].draw(rng, lines)
