"""Fresh problems of the kind that the embedded model knows."""

import random

from vtc_r1.arithmetic import OPERATIONS, draw
from vtc_r1.eval.problem import Problem


def problems(n: int, seed: int) -> list[Problem]:
    """Draw `n` problems, as many of each level, their number of operations.

    No training run uses these seeds.
    """
    rng = random.Random(f"eval:{seed}")
    drawn = []
    for at in range(n):
        operations = OPERATIONS[at % len(OPERATIONS)]
        expression = draw(rng, operations)
        drawn.append(
            Problem(
                id=str(at),
                question=str(expression),
                answer=str(expression.value),
                level=str(operations),
                subject="arithmetic",
            )
        )
    return drawn
