"""No answer ends a run: whatever one makes a process, sympy or a pool do is a verdict."""

import importlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("math_verify", reason="the extra `eval` is not installed")
pytest.importorskip("pebble", reason="the extra `eval` is not installed")

from vtc_r1.eval.grading import grader
from vtc_r1.eval.grading.extraction import answers
from vtc_r1.eval.grading.graders import Mathematics
from vtc_r1.eval.grading.pool import AlgebraPool
from vtc_r1.eval.problem import Problem

ROOT = Path(__file__).parents[3]
GOLDS = [
    "5",
    "x^2+1",
    "(3,4]",
    "\\frac{\\pi}{2}",
    "1,-2",
    "\\text{east}",
    "y = 2x + 3",
    "12 \\text{ cm}^2",
    "52_8",
]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    fuzz = importlib.import_module("grading_fuzz")


@pytest.fixture(scope="module")
def mathematics():
    with Mathematics() as made:
        yield made


@pytest.mark.parametrize(
    "answer",
    [
        "2i < 3",
        "\\max(i,1)",
        "i^2=-1=z",
        "1 \\le i \\le n",
        "\\min(i, j) > 2",
        "\\lfloor i \\rfloor",
        "\\gcd(x, 2i)",
        "\\begin{pmatrix}1\\\\2\\end{pmatrix} jix 1\\% \\sqrt{2}",
        "\\begin{pmatrix}1&2\\end{pmatrix} < 3",
        "\\int_i^j = \\infty - \\infty",
        "0^{-1}",
        "\\frac{1}{0}",
        "\\log_1 5",
        "\\{i < 3\\}",
    ],
)
@pytest.mark.parametrize(
    "gold", ["5", "z=-1", "|z|\\le 2", "\\begin{pmatrix}1\\\\2\\end{pmatrix}", "x^2+y^2=1"]
)
def test_what_sympy_raises_is_a_verdict(mathematics, gold, answer):
    verdict = mathematics.judge(gold, answer)
    assert (verdict.correct, verdict.error in (None, "unreadable", "timeout")) == (False, True)
    assert mathematics.judge("x+1", "\\frac{x^2+x}{x}").correct


@pytest.mark.slow
def test_mutated_answers_raise_nothing(mathematics):
    """Past the guard of `judge`: `decide` itself and extraction must not raise."""
    others = (grader("integer"), grader("choice"))

    def verdicts(pair):
        gold, answer = pair
        answers(answer)
        for other in others:
            other.decide("B", answer, ("a", "b"), quickly=False)
        return mathematics.decide(gold, answer, (), quickly=True)

    with ThreadPoolExecutor(mathematics.parallel) as threads:
        assert len(list(threads.map(verdicts, fuzz.mutations(GOLDS, 600, 7)))) == 600


def test_what_this_process_raises_is_a_verdict_too(mathematics, monkeypatch):
    def fails(*_):
        raise ArithmeticError("a fault of our own")

    monkeypatch.setattr("vtc_r1.eval.grading.graders.same", fails)
    problem = Problem(id="1", question="?", answer="5")
    grade = mathematics.grade(problem, "x+5", "")
    assert (grade.correct, grade.error) == (False, "unreadable")
    monkeypatch.setattr(mathematics, "extracted", fails)
    assert mathematics.grade(problem, "5", "So \\boxed{5}").error == "unreadable"


def test_a_pool_that_cannot_start_is_no_verdict(monkeypatch):
    """An answer is never called unreadable because the processes do not run."""
    from vtc_r1.errors import GradingError

    pool = AlgebraPool(workers=1)
    monkeypatch.setattr(pool, "_fresh", lambda: (_ for _ in ()).throw(GradingError("no process starts")))
    with pytest.raises(GradingError, match="no process starts"):
        pool.decide("x", "y")


@pytest.mark.process
def test_it_grades_from_standard_input():
    script = "from vtc_r1.eval.grading import grader\nprint(grader('mathematics').judge('x+y', 'y+x+x-x'))\n"
    done = subprocess.run(
        [sys.executable, "-"],
        input=script,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (done.returncode, "correct=True" in done.stdout) == (0, True), done.stderr
