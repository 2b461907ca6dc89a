"""Generated problems of the kinds that the embedded model was trained on."""

import random

from vtc_r1.eval.problem import Problem
from vtc_r1.exercises import KINDS, segments_of


def problems(n: int, seed: int) -> list[Problem]:
    """Draw `n` problems, balanced over kinds and, within each kind, over numbers of iterations.

    A problem's subject is its kind, its level the number of iterations that it needs. No training run
    uses these seeds.
    """
    rng = random.Random(f"eval:{seed}")
    kinds = list(KINDS.values())
    drawn = []
    for at in range(n):
        turn, which = divmod(at, len(kinds))
        kind = kinds[which]
        levels = sorted({segments_of(lines) for lines in kind.lines})
        level = levels[turn % len(levels)]
        lines = rng.choice([lines for lines in kind.lines if segments_of(lines) == level])
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
