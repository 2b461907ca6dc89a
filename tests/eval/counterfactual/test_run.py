"""Traces go on from changed pages: who reads follows them, who guesses does not."""

import hashlib
import json
import re

import pytest

from tests.eval.small import setup
from tests.scripted import Scripted
from vtc_r1 import exercises
from vtc_r1.backends.base import Request
from vtc_r1.errors import BackendError
from vtc_r1.eval.benchmark import Benchmark
from vtc_r1.eval.counterfactual.run import LINES, RESULT, counterfactuals
from vtc_r1.eval.evaluation import evaluate
from vtc_r1.eval.load import LoadedBenchmark
from vtc_r1.eval.problem import Problem

SUMS = ("37+85-19*2+46", "9*8+7-6+11", "7x+12-5=56", "gcd(84,36)", "45 base 2", "7^6%13", "12+34-56+78-9")
PROBLEMS = tuple(
    Problem(id=question, question=question, answer=exercises.read(question).answer) for question in SUMS
)


def benchmark(problems=PROBLEMS):
    chosen = Benchmark(name="sums", title="Sums", grader="integer", prompts="nano")
    return LoadedBenchmark(chosen, problems, "1", hashlib.sha256(repr(problems).encode()).hexdigest())


def step(lines, answer, at):
    if at + 1 < len(lines):
        return f"<think>\n{lines[at]}\n"
    return f"<think>\n{lines[-1]}\n</think>\n<answer>{answer}</answer>"


def reads(request: Request) -> str:
    """Work out the next step from what stands on the pages."""
    question, *_ = request.prompt.content
    given = [page.text for page in request.prompt.pages if page.text.strip()]
    try:
        found = exercises.read(question, given)
    except exercises.OutOfRange:
        return "</think><answer>none</answer>"
    return step(found.lines, found.answer, len(given))


def guesses(request: Request) -> str:
    """Work out the next step from the question, whatever stands on the pages."""
    question, *_ = request.prompt.content
    found = exercises.read(question)
    return step(found.lines, found.answer, len(request.prompt.pages))


def run(tmp_path, model, problems=PROBLEMS, **settings):
    made = setup(tmp_path, backend=Scripted(model), benchmark=benchmark(problems), temperature=0, **settings)
    evaluate(made)
    return made


def told(result, change=None):
    return [one for one in result.tried if one.follows and change in (None, one.change)]


@pytest.mark.parametrize(("model", "follows"), [(reads, "page"), (guesses, "prior")])
def test_who_reads_follows_the_page_and_who_guesses_does_not(tmp_path, model, follows):
    result = counterfactuals(run(tmp_path, model))
    assert result.samples == len(SUMS) and not result.failed and len(told(result)) > 10
    assert {one.follows for one in told(result)} == {follows}
    assert {one.change for one in told(result)} >= {"digit", "step"}
    everything, *parts = result.groups
    assert getattr(everything, follows).mean == 1 and everything.noise.mean == 0
    assert everything.as_implied.mean == (follows == "page")
    for by in ("change", "page", "third", "compression"):
        assert sum(group.tried for group in parts if group.by == by) == everything.tried
    for one in told(result):
        assert one.control == one.prior and (one.answer == one.implied) == (follows == "page")
        assert one.differs == (follows == "page")


def test_on_white_pages_there_is_nothing_to_change(tmp_path):
    result = counterfactuals(run(tmp_path, guesses, memory="blank"))
    assert result.tried == [] == result.groups and result.untried["digit"] == len(SUMS)


def test_without_an_implied_answer_the_numbers_tell(tmp_path):
    """A model's own words: the number on the page is used later on."""
    problem = Problem(id="a", question="What is the secret plus 8000?", answer="12711")

    def model(request):
        pages = request.prompt.pages
        if not pages:
            return "The secret is 4711, as found. Alpha = 12 and beta = 13.\n"
        secret = re.search(r"secret is (-?\d+)", pages[0].text)
        value = int(secret[1]) + 8000 if secret else 0
        return f"The secret {secret and secret[1]} gives \\boxed{{{value}}}"

    made = setup(tmp_path, backend=Scripted(model), benchmark=LoadedBenchmark(
        Benchmark(name="own", title="Own", grader="integer", prompts="boxed"), (problem,), "1", "0" * 64
    ), temperature=0)  # fmt: skip
    evaluate(made)
    result = counterfactuals(made)
    (digit,) = told(result, "digit")
    assert digit.implied is None and digit.follows == "page" and digit.differs and not digit.noisy
    assert "4711" not in (digit.answer or "") and result.untried["swap"] == 1


def test_what_is_stored_is_not_repeated_and_what_failed_is(tmp_path):
    failing = []

    def model(request):
        if len(request.prompt.pages) == 1 and failing:
            return BackendError("the server died", "away")
        return reads(request)

    made = run(tmp_path, model)
    failing.append(True)
    first = counterfactuals(made)
    assert first.failed > 0
    failing.clear()
    backend = made.solver.backend
    before = len(backend.requests)
    second = counterfactuals(made)
    assert second.failed == 0 and len(second.tried) > len(first.tried)
    after = len(backend.requests)
    assert counterfactuals(made) == second and len(backend.requests) == after > before
    assert json.loads((made.folder / RESULT).read_text("utf-8"))["version"] == 1
    assert len((made.folder / LINES).read_text("utf-8").splitlines()) > len(second.tried)
