"""Figures of a run, against the same worked out by hand."""

import json
from typing import Any

import pytest

from tests.eval.small import PROBLEMS, loaded
from vtc_r1.cli.eval.output import benchmark_table
from vtc_r1.configuration import Budget, ModelRecord, Named, Sampling
from vtc_r1.eval.measured import Measured
from vtc_r1.eval.pairs import pairs
from vtc_r1.eval.runs import Run
from vtc_r1.eval.summary import Summary, summarise
from vtc_r1.iteration import Usage

RUN = Run(
    benchmark=loaded().benchmark,
    revision="seed 0",
    fingerprint="f",
    problems=6,
    memory="optical",
    samples=2,
    model=ModelRecord(name="m", backend="b", preset="p"),
    prompts=Named(name="boxed", sha256="1"),
    profile=Named(name="default", sha256="2"),
    sampling=Sampling(),
    budget=Budget(),
)


def solve(problem: str, sample: int = 0, correct: bool = True, **more: Any) -> Measured:
    usage = Usage(prompt_tokens=100, vision_tokens=60, completion_tokens=30, cached_tokens=20)
    fields: dict[str, Any] = {
        "status": "answered",
        "answer": "1" if correct else "0",
        "doubtful": False,
        "ungraded": None,
        "usage": usage,
        "seconds": 2.0,
        "iterations": 2,
        "carried": 180,
    }
    return Measured(key=(problem, sample), correct=correct, **{**fields, **more})


def summary(measured: list[Measured], samples: int = 1) -> Summary:
    return summarise(RUN, PROBLEMS, samples, measured, lambda one, other: one == other)


def test_shares_of_several_samples() -> None:
    measured = [solve("one", 0), solve("one", 1, False), solve("two", 0, False), solve("two", 1, False)]
    figures = summary(measured, samples=2)
    assert figures.accuracy is not None and figures.majority is not None
    assert (figures.accuracy.mean, figures.pass_at[2].mean, figures.majority.mean) == (0.25, 0.5, 0.25)
    assert 0 <= figures.accuracy.low < 0.25 < figures.accuracy.high <= 1
    assert (figures.solved, figures.owed, figures.voted) == (4, 8, 2)


def test_a_vote_needs_all_samples_of_its_problem() -> None:
    """An interrupted run has fewer of some problems: those are no part of maj@n."""
    measured = [solve("one", at) for at in range(4)] + [solve("two", at, False) for at in range(3)]
    figures = summary(measured, samples=4)
    assert figures.majority is not None
    assert (figures.majority.mean, figures.voted) == (1.0, 1)
    assert 4 not in figures.pass_at
    figures = summary([solve("one", 0), solve("two", 0, False)], samples=4)
    assert (figures.majority, figures.voted) == (None, 0)


def test_what_never_ran_is_in_no_mean() -> None:
    failed: dict[str, Any] = {"correct": False, "answer": None, "status": "failed"}
    never = solve("two", iterations=0, usage=Usage(), seconds=0.0, **failed)
    figures = summary([solve("one"), never, solve("three", **failed)])
    assert (figures.solved, figures.ran, figures.failed) == (3, 2, 2)
    assert (figures.tokens.completion, figures.tokens.vision, figures.iterations) == (30, 60, 2)
    assert figures.accuracy is not None and figures.accuracy.mean == pytest.approx(1 / 3)
    (pair,) = pairs("digits", {"a": [solve("one"), never], "b": [solve("one"), solve("two")]})
    assert (pair.completion, pair.vision) == ((30, 30), (60, 60))
    assert summary([never]).tokens.completion == 0


def test_costs() -> None:
    quick, slow = solve("one", seconds=1.0), solve("two", seconds=3.0, iterations=4, usage=Usage())
    figures = summary([quick, slow])
    assert figures.tokens.model_dump() == {
        **{"text": 20, "vision": 30, "cached": 10, "completion": 15},
        **{"memory": 0, "re_prefill": 0},
    }
    assert (figures.latency.mean, figures.latency.median, figures.latency.p95) == (2.0, 2.0, 2.9)
    assert (figures.iterations, figures.by_iterations) == (3, {2: 1, 4: 1})
    assert figures.compression == 6


def test_what_went_wrong_is_counted_apart() -> None:
    nothing: dict[str, Any] = {"correct": False, "answer": None}
    figures = summary(
        [
            solve("one", status="failed", seconds=99, **nothing),
            solve("two", status="exhausted", **nothing),
            solve("three", status="stalled", ungraded="timeout", **nothing),
            solve("four", doubtful=True),
        ]
    )
    assert (figures.failed, figures.unanswered, figures.ungraded, figures.doubtful) == (1, 2, 1, 1)
    assert figures.accuracy is not None and figures.accuracy.mean == 0.25
    assert figures.latency.mean == 2.0


def test_a_run_without_solves_has_no_figures() -> None:
    figures = summary([], samples=2)
    assert (figures.accuracy, figures.pass_at, figures.majority, figures.owed) == (None, {}, None, 12)


def test_a_summary_reads_back() -> None:
    figures = summary([solve("one", 0), solve("one", 1)], samples=2)
    assert Summary.model_validate_json(json.dumps(figures.model_dump(mode="json"))) == figures


def test_pairs_are_over_the_problems_that_both_have() -> None:
    def run(*right: int) -> list[Measured]:
        return [solve(problem.id, correct=bool(ok)) for problem, ok in zip(PROBLEMS, right, strict=False)]

    found = pairs("digits", {"a": run(1, 1, 1, 1, 1, 1), "b": run(0, 0, 0, 0, 0, 0), "c": run(1, 0)})
    assert [(pair.first, pair.second, pair.problems) for pair in found] == [
        ("a", "b", 6),
        ("a", "c", 2),
        ("b", "c", 2),
    ]
    first = found[0]
    assert (first.difference.mean, first.better, first.worse) == (1.0, 6, 0)
    assert first.p == pytest.approx(2 / 2**6) and first.p_holm == pytest.approx(3 * first.p)
    assert (found[1].p, found[1].p_holm) == (1.0, 1.0)
    assert (first.completion, first.vision, first.seconds) == ((30, 30), (60, 60), (2, 2))
    assert pairs("digits", {"a": run(1), "b": []}) == []


def test_partial_scores_are_what_accuracy_is_the_mean_of() -> None:
    scored = [solve("one", score=0.25, correct=False), solve("two", score=1.0), solve("three", correct=False)]
    figures = summary(scored)
    assert figures.accuracy is not None
    assert figures.accuracy.mean == pytest.approx(1.25 / 3)


def test_tables_say_what_figures_leave_out() -> None:
    never = solve("two", 0, False, iterations=0, answer=None, status="failed")
    figures = summary([solve("one", 0), solve("one", 1), never], samples=2)
    shown = " ".join(benchmark_table([figures], []).split())
    assert "over 2 of 3 solves; the others never ran" in shown
    assert "maj@2 is over the 1 of 6 problems that have 2 samples" in shown
    assert "optical owes 9 solves" in shown


def test_p_values_of_several_pairs_are_corrected_by_holm_and_not_by_bonferroni() -> None:
    """The smallest counts three times, the next twice, and none less than the one before it."""

    def run(wrong: int) -> list[Measured]:
        return [solve(str(at), correct=at >= wrong) for at in range(12)]

    found = pairs("digits", {"all": run(0), "six": run(6), "eight": run(8)})
    assert [(one.first, one.second) for one in found] == [("all", "six"), ("all", "eight"), ("six", "eight")]
    assert [one.p for one in found] == pytest.approx([2 / 2**6, 2 / 2**8, 0.5])
    assert [one.p_holm for one in found] == pytest.approx([2 * 2 / 2**6, 3 * 2 / 2**8, 0.5])
    found = pairs("digits", {"all": run(0), "one": run(1), "two": run(2)})
    assert [one.p_holm for one in found] == [1.0, 1.0, 1.0]
