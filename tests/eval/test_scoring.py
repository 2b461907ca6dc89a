"""Metrics of partial answers, against definitions and by hand; and the grader that uses them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.grading import grader
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.scoring import LONGEST, Metric, common_length, score

CLASSES = ("Animal", "Invention, book and other creative piece", "Other entity", "Other location", "Entity")


def longest_common(one: str, other: str) -> int:
    """The textbook recurrence."""
    row = [0] * (len(other) + 1)
    for a in one:
        before = 0
        for at, b in enumerate(other, 1):
            before, row[at] = row[at], before + 1 if a == b else max(row[at], row[at - 1])
    return row[-1]


@given(st.text("abc", max_size=40), st.text("abc", max_size=40))
def test_common_subsequences_are_those_of_the_textbook(one: str, other: str) -> None:
    assert common_length(one, other) == longest_common(one, other)


@pytest.mark.parametrize(
    ("metric", "answer", "golds", "expected"),
    [
        ("all", "They are 123 and 456.", ["123", "456"], 1),
        ("all", "123", ["123", "456"], 0.5),
        ("all", "tavomi, KELUSA", ["Kelusa"], 1),
        ("any", "either 123 or 9", ["456", "9"], 1),
        ("f1", "The Eiffel Tower", ["eiffel tower!", "a tower"], 1),
        ("f1", "the tall tower", ["tower"], 2 / 3),
        ("f1", "nothing", ["tower"], 0),
        ("f1", "", ["tower"], 0),
        ("f1", "a", ["the"], 0),
        ("rouge-l", "the cat sat on the mat", ["The cat on the mat."], 10 / 11),
        ("rouge-l", "mat the on cat", ["cat on the mat"], 2 / 8),
        ("number", "Paragraph 12", ["Paragraph 12"], 1),
        ("number", "12 or 13", ["12"], 0.5),
        ("number", "112", ["12"], 0),
        ("number", "none", ["12"], 0),
        ("code", "# so\n```python\n    return x\nmore", ["    return x"], 1),
        ("code", "ab", ["abcd"], 2 * 2 / 6),
        ("code", "", ["x"], 0),
    ],
)
def test_scores(metric: Metric, answer: str, golds: list[str], expected: float) -> None:
    assert score(metric, answer, golds) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "gold", "expected"),
    [
        ("Animal", "Animal", 1),
        ("Animal or Other location", "Animal", 0.5),
        ("Other entity", "Other entity", 1),
        ("Animal", "Other entity", 0),
        ("Mineral", "Animal", 0),
    ],
)
def test_classes(answer: str, gold: str, expected: float) -> None:
    assert score("class", answer, [gold], CLASSES) == expected


@given(
    st.sampled_from(["all", "any", "f1", "rouge-l", "number", "code"]),
    st.text(max_size=60),
    st.text(min_size=1, max_size=60),
)
def test_scores_lie_between_0_and_1_and_the_gold_answer_has_all(
    metric: Metric, answer: str, gold: str
) -> None:
    assert 0 <= score(metric, answer, [gold]) <= 1
    if metric in ("all", "any"):
        assert score(metric, gold, [gold]) == 1


def test_a_long_answer_costs_no_more_than_its_beginning() -> None:
    assert score("rouge-l", "word " * 10**6, ["word " * 400]) < 1
    assert score("all", "x" * LONGEST + "needle", ["needle"]) == 0


def test_the_grader_takes_the_answer_and_no_reasoning() -> None:
    problem = Problem(id="0", question="?", answer="123, 456", answers=("123", "456"), metric="all")
    with grader("scored") as judge:
        half = judge.grade(problem, "123", "456 was a guess. \\boxed{123}")
        full = judge.grade(problem, None, "so \\boxed{456}, \\boxed{123}")
        none = judge.grade(problem, None, "123 456")
        assert (half.score, half.correct, half.share, half.rule, half.method) == (
            0.5,
            False,
            0.5,
            "boxed",
            "scored",
        )
        assert (full.score, full.correct, full.rule) == (1.0, True, "boxes")
        assert (none.score, none.correct, none.extracted, none.method) == (0.0, False, None, "none")
        assert judge.same("The Tower", "tower") and not judge.same("123", "124")
        with pytest.raises(BenchmarkError, match="needs a metric"):
            judge.check([Problem(id="0", question="?", answer="1")])


def test_one_gold_answer_is_enough() -> None:
    problem = Problem(
        id="0", question="?", answer="Animal", metric="class", extra={"all_classes": list(CLASSES)}
    )
    with grader("scored") as judge:
        assert judge.grade(problem, "Animal", "\\boxed{Animal}").score == 1
