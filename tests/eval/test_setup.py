"""What a command asks for, put together: samples, budgets, seeds, selections."""

from pathlib import Path
from typing import Any

import pytest

from tests.eval.small import GREEDY, NAMES, PROBLEMS, loaded, reply, setup, setups
from tests.scripted import Scripted
from vtc_r1 import Solver
from vtc_r1.errors import UnknownName, UnsupportedQuestion, UsageError
from vtc_r1.eval.setup import RunRequest, Selection
from vtc_r1.settings import Settings


def test_policies_share_one_model_and_one_seed(tmp_path: Path) -> None:
    made = setups(tmp_path, memory="optical, text,optical")
    assert [one.run.memory for one in made] == ["optical", "text"]
    assert [one.folder for one in made] == [tmp_path / "digits" / "optical", tmp_path / "digits" / "text"]
    assert made[0].solver.backend is made[1].solver.backend
    assert made[0].run.seed == made[1].run.seed is not None


def test_flags_override_the_benchmark_and_that_the_preset(tmp_path: Path) -> None:
    benchmark = loaded(sampling={"temperature": 0.6, "top_p": 0.9}, prompts="vtc")
    run = setup(tmp_path, benchmark=benchmark, temperature=0.1).run
    assert (run.sampling.temperature, run.sampling.top_p, run.sampling.top_k) == (0.1, 0.9, 20)
    assert (run.prompts.name, setup(tmp_path, benchmark=benchmark, prompts="boxed").run.prompts.name) == (
        "vtc",
        "boxed",
    )


def test_greedy_sampling_has_one_sample_and_no_seed(tmp_path: Path) -> None:
    run = setup(tmp_path, benchmark=loaded(samples=4), seed=3, **GREEDY).run
    assert (run.samples, run.seed) == (1, None)
    assert setup(tmp_path, benchmark=loaded(samples=4), seed=3).run.samples == 4
    with pytest.raises(UsageError, match="every sample would be the same"):
        setup(tmp_path, samples=2, **GREEDY)


@pytest.mark.parametrize(
    ("settings", "iterated", "single"),
    [
        ({}, (20_000 - 2_048, 8), (20_000, 8)),
        ({"segment_tokens": 1_000}, (19_000, 20), (20_000, 20)),
        ({"segment_tokens": 1_000, "max_iterations": 5}, (19_000, 5), (20_000, 5)),
    ],
)
def test_a_budget_is_the_same_for_every_policy(
    tmp_path: Path, settings: dict[str, Any], iterated: tuple[int, int], single: tuple[int, int]
) -> None:
    made = setups(tmp_path, memory="optical,forget,single", budget=20_000, **settings)
    budgets = [(one.run.budget.tokens, one.run.budget.iterations) for one in made]
    assert budgets == [iterated, iterated, single]
    assert made[0].solver.skeleton("").budget == made[0].run.budget


def test_no_policy_writes_more_than_the_budget(tmp_path: Path) -> None:
    from vtc_r1.backends.base import Completion
    from vtc_r1.iteration import Usage

    def endless(request: Any) -> Completion:
        text = f"Line {len(request.prompt.content)} {request.max_tokens}.\n" * 3
        return Completion(text, "length", Usage(completion_tokens=request.max_tokens))

    options = {"segment_tokens": 40, "budget": 150, "selection": Selection(limit=1), **GREEDY}
    for made in setups(tmp_path, backend=Scripted(endless), memory="optical,forget,single", **options):
        trace = made.solver.solve(PROBLEMS[0].question)
        assert trace.usage.completion_tokens == 150, trace.memory


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"budget": 2_048}, "2048 of these are reserved for the forced answer"),
        ({"budget": 9_999, "max_tokens": 1}, "keep one"),
        ({"memory": "opticl"}, "did you mean 'optical'"),
        ({"memory": ","}, "names no memory policy"),
    ],
)
def test_what_cannot_be_run_is_refused(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        setups(tmp_path, **options)
    assert not any(tmp_path.iterdir())


def test_selections() -> None:
    def names(selection: Selection) -> list[str]:
        return [problem.id for problem in selection.of(PROBLEMS)]

    assert names(Selection()) == list(NAMES)
    assert names(Selection(limit=2)) == ["one", "two"]
    assert names(Selection(only=("six", "two"))) == ["two", "six"]
    assert names(Selection(limit=1, only=("six", "two"))) == ["two"]
    with pytest.raises(UnknownName, match="unknown problem 'sx': did you mean 'six'"):
        Selection(only=("sx",)).check([PROBLEMS])


def test_a_question_that_the_model_cannot_take_is_named_before_anything_runs(tmp_path: Path) -> None:
    wanted = RunRequest(Settings(), tmp_path)
    with pytest.raises(UnsupportedQuestion, match=r"problem one: .* is not of a kind that the embedded"):
        list(wanted.setups([loaded()]))


def test_a_map_takes_a_seed_for_every_question() -> None:
    with Solver(backend=Scripted(reply), seed=1) as solver:
        questions = ["one ?", "two ?", "three ?"]
        traces = list(solver.map(questions, seeds=lambda at: None if at == 2 else 10 + at))
        assert {trace.index: trace.sampling.seed for trace in traces} == {0: 10, 1: 11, 2: 1}
        assert {request.sampling.seed for request in solver.backend.requests} == {10, 11, 1}  # type: ignore[attr-defined]
