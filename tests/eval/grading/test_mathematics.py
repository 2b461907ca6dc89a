"""Verdicts of the grader of mathematics, from the outside."""

import asyncio
import importlib
import itertools
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples

pytest.importorskip("math_verify", reason="the extra `eval` is not installed")
pytest.importorskip("pebble", reason="the extra `eval` is not installed")

from vtc_r1.eval.grading import Grade, grader
from vtc_r1.eval.grading.graders import Mathematics
from vtc_r1.eval.grading.pool import AlgebraPool
from vtc_r1.eval.problem import Problem

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the data sets are not beside the repository (../shared/data)"
)
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    grading, hostile, wrong = (
        importlib.import_module(name) for name in ("grading", "grading_hostile", "grading_wrong")
    )


@pytest.fixture(scope="module")
def mathematics():
    with Mathematics() as made:
        yield made


def problem(gold):
    return Problem(id="1", question="?", answer=gold)


RIGHT = [
    *(("\\frac{14}{3}", "\\dfrac{14}{3}"), ("\\frac43", "4/3"), ("\\frac 59", "\\tfrac{5}{9}")),
    *(("3\\sqrt{13}", "\\sqrt{117}"), ("11\\sqrt2", "11 \\cdot \\sqrt{2}"), ("\\sqrt{51}", "√51")),
    *(("90^\\circ", "90"), ("90^\\circ", "90 degrees"), ("\\frac{270}7\\text{ degrees}", "\\frac{270}{7}°")),
    *(("10,\\!080", "10080"), ("58,500", "58{,}500"), ("10080", "10\\,080"), (".35625", "0.35625")),
    *(("x=5", "5"), ("5", "x = 5"), ("73", "m+n = 73"), ("(3,2)", "(x,y) = (3, 2)"), ("7", "x = 3 + 4 = 7")),
    *(("y = 2x + 3", "2x+3"), ("y = 2x + 3", "2x - y + 3 = 0"), ("6+9i", "9i + 6"), ("2i", "(1+i)^2")),
    *(("1,-2", "-2, 1"), ("1,-2", "\\{-2,1\\}"), ("1 \\pm \\sqrt{19}", "1-\\sqrt{19}, 1+\\sqrt{19}")),
    *(("\\{1\\pm\\sqrt{5},-2\\}", "-2, 1+\\sqrt5 \\text{ and } 1-\\sqrt5"), ("3, 5, 7", "7, 5 and 3")),
    *(("(3,4]", "3 < x \\le 4"), ("x \\in [-2,7]", "-2 \\leq x \\leq 7"), ("(2,\\infty)", "x > 2")),
    *(("(0,9) \\cup (9,36)", "(9,36) \\cup (0,9)"), ("(-\\infty, 2) \\cup (3, \\infty)", "x < 2 or x > 3")),
    ("\\begin{pmatrix} 1/5 \\\\ -18/5 \\end{pmatrix}", "\\begin{bmatrix} 0.2 \\\\ -3.6 \\end{bmatrix}"),
    *(("\\text{Evelyn}", "Evelyn"), ("\\text{(C)}", "C"), ("\\text{ellipse}", "an \\textbf{ellipse}")),
    *(("5.4 \\text{ cents}", "5.4"), ("864 \\mbox{ inches}^2", "864 square inches"), ("\\$18.90", "18.9")),
    *(
        ("52_8", "52_{8}"),
        ("52_8", "52"),
        ("50", "50\\%"),
        ("\\frac{1}{2}", "50\\%"),
        ("6.72", "672\\cdot 10^{-2}"),
    ),
    *(("(a+5)(b+2)", "ab + 2a + 5b + 10"), ("\\cot x", "\\frac{\\cos x}{\\sin x}"), ("1\\frac{4}{5}", "1.8")),
    *(("\\frac{1}{3}", "0.333333"), ("\\pi", "3.1415927"), ("2", "**2**."), ("2", "\\boxed{\\text{2}}")),
]
WRONG = [
    *(
        ("5", "5xy"),
        ("5", "5xyz"),
        ("5", "5\\text{ or less}"),
        ("5", "5 or 6"),
        ("5", "5 dozen"),
        ("5", "5 log x"),
    ),
    *(
        ("9", "8"),
        ("9", "-9"),
        ("\\frac{1}{3}", "0.333"),
        ("\\pi", "3.14"),
        ("3.21", "3.2100001"),
        ("0.0000672", "0.0000674"),
    ),
    *(("(2,1)", "(1,2)"), ("(3,4]", "(3,4)"), ("[3,4]", "(3,4)"), ("(3,4)", "[3,4]"), ("(1,2)", "\\{1,2\\}")),
    *(
        ("(1,-16,-4,43)", "-16,1,-4,43"),
        ("1,-2", "1,2"),
        ("3, 5, 7", "3, 5"),
        ("3,5", "3,5,7"),
        ("5", "5, 6"),
    ),
    *(
        ("(0,9) \\cup (9,36)", "(0,36)"),
        ("(2,\\infty)", "x \\ge 2"),
        ("(2,\\infty)", "x < 2"),
        ("x=5", "y=5"),
    ),
    *(("52_8", "52_9"), ("52_8", "42"), ("52_8", "52_60"), ("5.4 \\text{ cents}", "5.4 \\text{ dollars}")),
    *(("y = -2x", "y = 2x"), ("y=-2x", "x=-2y"), ("2k", "2n"), ("p - q", "q - p"), ("6+9i", "6-9i")),
    *(
        ("5x - 7y + 11z + 4 = 0", "5x - 7y + 11z - 4 = 0"),
        ("\\text{east}", "\\text{west}"),
        ("2", "2 million"),
    ),
    *(
        ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{pmatrix} 1 & 2 \\end{pmatrix}"),
        ("12\\pi", "12"),
    ),
    *(
        ("120^\\circ", "\\frac{2\\pi}{3}"),
        ("50", "5\\%"),
        ("0", ""),
        ("5", "the answer is not 5 but 6, I think so"),
    ),
]


@pytest.mark.parametrize(("gold", "answer"), RIGHT)
def test_right(mathematics, gold, answer):
    assert mathematics.grade(problem(gold), answer).correct


@pytest.mark.parametrize(("gold", "answer"), WRONG)
def test_wrong(mathematics, gold, answer):
    grade = mathematics.grade(problem(gold), answer)
    assert (grade.correct, grade.error in (None, "unreadable")) == (False, True)


@pytest.mark.parametrize(
    ("answer", "method"),
    [
        ("\\frac{x}{2}", "equal"),
        ("$\\dfrac{x}{2}$.", "normalised"),
        ("(\\frac{x}{2}, 3)", "compared"),
        ("0.5x", "math-verify"),
        ("1" * 3_000, "too large"),
        ("(" * 60 + "x" + ")" * 60, "too large"),
        (None, "none"),
        (" ", "none"),
    ],
)
def test_the_method_is_on_record(mathematics, answer, method):
    assert mathematics.grade(problem("\\frac{x}{2}"), answer).method == method


def test_a_grade_survives_json(mathematics):
    grade = mathematics.grade(problem("5"), "\ud800 4", "\\boxed{\ud800 4} so the answer is 5.")
    assert Grade.model_validate_json(grade.model_dump_json()) == grade
    assert (grade.correct, grade.rule) == (False, "boxed")


def test_what_takes_too_long_is_wrong_and_on_record():
    with Mathematics(pool=AlgebraPool(workers=1, seconds=0.5)) as impatient:
        grade = impatient.grade(problem("\\frac{x}{2}"), "\\prod_{n=1}^{1000000} (n^2+x)")
        assert (grade.correct, grade.error) == (False, "timeout")
        impatient.pool.seconds = 60
        assert impatient.grade(problem("x+1"), "\\frac{x^2-1}{x-1}").correct


def test_a_process_that_dies_costs_one_grade_at_most(mathematics):
    assert mathematics.judge("x+1", "\\frac{x^2+x}{x}").correct
    before = set(mathematics.pool._pool._pool_manager.worker_manager.workers)
    for process in before:
        os.kill(process, signal.SIGKILL)
    grades = [mathematics.judge("x+2", "\\frac{x^2+2x}{x}") for _ in range(4)]
    assert all(grade.correct or grade.error == "crashed" for grade in grades)
    assert grades[-1].correct


@pytest.mark.slow
def test_memory_is_bounded():
    with Mathematics(pool=AlgebraPool(workers=1, seconds=20, memory=1 << 30)) as bounded:
        grade = bounded.grade(problem("x"), "x + 10^{10^{10}}")
        assert (grade.correct, grade.error in (None, "memory", "crashed", "timeout")) == (False, True)
        assert bounded.judge("x+1", "\\frac{x^2+x}{x}").correct


def test_many_at_once_come_in_order(mathematics):
    golds = [f"x^{n} + {n}" for n in range(2, 22)]
    samples = [(problem(gold), f"{at} + x^{{{at}}}", "") for at, gold in enumerate(golds, 2)]
    assert all(grade.correct for grade in mathematics.grade_many(samples))
    shifted = [(one, other, text) for (one, _, _), (_, other, text) in itertools.pairwise(samples)]
    assert not any(grade.correct for grade in mathematics.grade_many(shifted))


async def test_grading_leaves_the_event_loop_free(mathematics):
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    grades = await asyncio.gather(
        *(mathematics.agrade(problem(f"x+{n}"), f"\\frac{{x^2+{n}x}}{{x}}") for n in range(1, 9))
    )
    ticking.cancel()
    assert all(grade.correct for grade in grades)
    assert ticks > 100


def test_it_grades_off_the_main_thread(mathematics):
    found = []
    thread = threading.Thread(target=lambda: found.append(mathematics.judge("x+7", "7+x+y-y")))
    thread.start()
    thread.join()
    assert found[0].correct


def test_answers_are_one_in_either_order(mathematics):
    assert mathematics.same("5", "x = 5")
    assert mathematics.same("x = 5", "5")
    assert not mathematics.same("5", "6")


def test_golds_that_only_match_as_strings_are_named(mathematics):
    golds = [
        "\\frac{1}{2}",
        "(3,4]",
        "\\text{even}",
        "x \\in [-2,7]",
        "5 \\text{ cm}",
        "\\frac{1}{",
        "\\oops{{",
    ]
    assert [one.answer for one in mathematics.unreadable(map(problem, golds))] == golds[-2:]


@pytest.mark.process
def test_a_script_without_the_guard_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from vtc_r1.eval.grading import grader\nprint(grader('mathematics').judge('x', 'y'))\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 1
    assert "if __name__ == '__main__':" in done.stderr


@many_examples(100)
@given(
    st.lists(
        st.sampled_from(
            [*"(){}[]|,;=<>+-*/^_%$.!7x ", "\\frac", "\\{", "\\}", "\\pm", "\\cup", "\\text{", "\\le "]
        )
        | st.text(max_size=3),
        max_size=40,
    ).map("".join)
)
def test_no_text_breaks_what_is_compared_here(text):
    from vtc_r1.eval.grading.canonical import canonical, key
    from vtc_r1.eval.grading.compare import Algebra, no_algebra, same

    asked = Algebra(no_algebra, no_algebra)
    assert key(canonical(text)) == key(canonical(text))
    for gold in ("42", "(3,4]", "1, 2", "\\frac{x}{2}"):
        assert same(canonical(gold), canonical(text), asked) in (True, False, None)
        assert same(canonical(text), canonical(gold), asked) in (True, False, None)


@needs_data
def test_gold_answers_are_right(mathematics):
    asked = grading.problems(DATA)
    assert len(asked) == 600
    assert grading.itself(mathematics, asked)["right"] == 600


@needs_data
def test_a_sample_of_spellings_and_near_misses(mathematics):
    asked = grading.problems(DATA)[::12]
    rows = grading.spellings(mathematics, asked, verbose=True)
    assert all(row["right"] == row["spellings"] for row in rows.values())
    assert grading.wrong(mathematics, asked, 150, 7, verbose=True)["taken"] == 0


@needs_data
@pytest.mark.slow
def test_all_spellings_near_misses_and_hostile_answers(mathematics):
    asked = grading.problems(DATA)
    rows = grading.spellings(mathematics, asked, verbose=True)
    assert set(rows) == set(grading.FORMS)
    assert all(row["right"] >= 0.99 * row["spellings"] > 0 for row in rows.values())
    assert grading.wrong(mathematics, asked, 2_000, 0, verbose=True)["taken"] == 0


@pytest.mark.slow
def test_hostile_answers_are_wrong_and_leave_the_grader_well():
    assert len(hostile.HOSTILE) == 50
    with Mathematics(pool=AlgebraPool(seconds=1.0)) as impatient:
        found = grading.hostile(impatient, grading.GOLDS[:1])
    assert (found["answers"], found["works_after"]) == (50, True)
    assert "right" not in found["outcomes"]
    assert not Path("/tmp/owned").exists()


def test_graders_have_names():
    assert grader("mathematics").name == "mathematics"
