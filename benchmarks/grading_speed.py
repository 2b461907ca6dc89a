"""Seconds of grading: many answers, votes of many problems, and a problem whose answers all time out."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from grading_forms import FORMS
from grading_wrong import pairs

from vtc_r1.eval.grading.grade import Grade
from vtc_r1.eval.grading.graders import Mathematics
from vtc_r1.eval.metrics import Vote, majority
from vtc_r1.eval.problem import Problem

GRADES, PROBLEMS, SAMPLES = 8_000, 500, 16
_SLOW = "\\sum_{k=1}^{\\infty} \\frac{\\sin(k^{N})}{k^{N} + \\ln(k+N)}"
SLOW = tuple(_SLOW.replace("N", str(n)) for n in range(2, 2 + SAMPLES))


def speed(grader: Mathematics, asked: Sequence[Problem], seed: int) -> dict[str, Any]:
    """Time all three, and say how many of the slow answers timed out."""
    rng = random.Random(f"speed:{seed}")
    golds = [problem.answer for problem in asked]
    near = pairs(golds, GRADES // 2, seed)
    wrong = [(Problem(id="1", question="?", answer=gold), answer, "") for gold, answer in near]
    right = [(one, _spelled(one, rng), "") for one in rng.choices(asked, k=GRADES - len(wrong))]
    grader.judge("x+1", "(x^2-1)/(x-1)")
    seconds = _timed(lambda: [*grader.grade_many(rng.sample([*wrong, *right], GRADES))])
    votes = [_votes(one, golds, rng) for one in rng.choices(asked, k=PROBLEMS)]
    voting = _timed(lambda: [majority(cast, grader.same) for cast in votes])
    gold = Problem(id="1", question="?", answer=SLOW[0])
    graded: list[Grade] = []
    hard = _timed(lambda: graded.extend(grader.grade_many((gold, f"{text}+1", "") for text in SLOW)))
    cast = [Vote(text, False) for text in SLOW] + [Vote("1", True)]
    vote = _timed(lambda: majority(cast, grader.same))
    return {
        f"{GRADES} grades": seconds,
        f"maj@{SAMPLES} of {PROBLEMS} problems": voting,
        f"{SAMPLES} slow answers graded": hard,
        "of these timed out": sum(one.error == "timeout" for one in graded),
        f"maj@{SAMPLES + 1} of them and a right one": vote,
    }


def _spelled(problem: Problem, rng: random.Random) -> str:
    every = [answer for spell in FORMS.values() for answer in spell(problem.question, problem.answer)]
    return rng.choice(every)


def _votes(problem: Problem, golds: Sequence[str], rng: random.Random) -> list[Vote]:
    """Let a problem's samples answer: half of them right, each in a form of its own; wrong ones likewise."""
    other = Problem(id="2", question="?", answer=rng.choice(golds))
    third = Problem(id="3", question="?", answer=rng.choice(golds))
    cast = []
    for _ in range(SAMPLES):
        said = rng.choices((problem, other, third), (5, 3, 2))[0]
        cast.append(Vote(_spelled(said, rng), said is problem))
    return cast


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return round(time.perf_counter() - began, 2)
