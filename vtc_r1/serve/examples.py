"""Questions to begin with."""

from functools import cache

from vtc_r1.presets import Preset

_ANY = (
    "How many positive divisors does 360 have?",
    "What is the sum of all primes below 40?",
    "A fair die is rolled twice. What is the probability that the sum is at least 9?",
)


@cache
def examples(preset: Preset) -> tuple[str, ...]:
    """Return questions that the model can answer."""
    if not preset.bare:
        return _ANY
    from vtc_r1.eval.arithmetic import problems

    of_four = {problem.subject: problem.question for problem in problems(40, seed=1) if problem.level == "4"}
    return tuple(of_four[kind] for kind in ("expression", "equation", "power"))
