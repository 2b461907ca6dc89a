"""Where answers stand, and the graders that need no computer algebra."""

import pytest

from vtc_r1.errors import BenchmarkError, UnknownName
from vtc_r1.eval.grading import grader
from vtc_r1.eval.grading.extraction import answers
from vtc_r1.eval.problem import Problem

CHOICES = ("a red shift", "10^{-4} m", "no change", "a blue shift")


def problem(gold, choices=()):
    return Problem(id="1", question="?", answer=gold, choices=choices)


@pytest.mark.parametrize(
    ("text", "rule", "answer"),
    [
        ("<think>\\boxed{1}</think><answer>2</answer>", "tag", "2"),
        ("so \\boxed{1}, no: \\boxed{\\frac{1}{2}}.", "boxed", "\\frac{1}{2}"),
        ("\\boxed{1}\nand so \\boxed{2}", "boxed", "2"),
        ("So $\\boxed{1}$ and $\\boxed{2}$.", "boxes", "1, 2"),
        ("\\[\\boxed{(1,2)} \\quad \\text{and} \\quad \\boxed{(2,1)}\\]", "boxes", "(1,2), (2,1)"),
        ("The answer is 5. I hope it is correct.", "phrase", "5"),
        ("**Answer:** $\\frac{1}{2}$, as was asked", "phrase", "\\frac{1}{2}"),
        ("Final Answer: The final answer is $14{,}916$. I hope", "phrase", "14{,}916"),
        ("Answer: the largest n is 34.", "phrase", "34"),
        ("first 12, then 1,234.5 apples", "number", "1,234.5"),
        ("it loses 3/4 of -20%", "number", "-20%"),
    ],
)
def test_each_rule_finds_its_answer(text, rule, answer):
    found = answers(text)
    assert found[rule] == answer
    assert next(iter(found)) == rule


@pytest.mark.parametrize(
    "text",
    ["", "no idea", "\\boxed{", "\\boxed{}", "<answer></answer>", "<think>\\boxed{3}</think>hm", "\0", "x2y"],
)
def test_nothing_is_found_where_nothing_is(text):
    assert answers(text) == {}


@pytest.mark.parametrize(
    "piece", ["\\boxed{", "<answer>", "answer is ", "answer: answer: ", "1,", "{", "\\boxed{1} ", " "]
)
def test_long_texts_are_read(piece):
    answers(piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize(
    ("answer", "text", "rule", "extracted"),
    [
        ("7", "so \\boxed{7}", "boxed", "7"),
        ("7", "</think><answer>7</answer>", "tag", "7"),
        ("7", "it was lost", "given", "7"),
        (None, "so \\boxed{7}", "boxed", "7"),
        ("2", "\\boxed{1} and \\boxed{2}", "boxes", "1, 2"),
        (None, "it may be 7", None, None),
    ],
)
def test_the_rule_is_on_record(answer, text, rule, extracted):
    grade = grader("exact").grade(problem("7"), answer, text)
    assert (grade.rule, grade.extracted) == (rule, extracted)


def test_rules_that_do_not_count_are_reported_only():
    grade = grader("integer").grade(problem("7"), None, "it may be 7")
    assert (grade.correct, grade.method) == (False, "none")
    assert (grade.disagreement.rule, grade.disagreement.correct) == ("number", True)
    assert grader("integer", ["number"]).grade(problem("7"), None, "it may be 7").correct


def test_a_disagreement_of_two_rules_is_reported():
    grade = grader("integer").grade(problem("7"), "8", "The answer is 7.\nSo \\boxed{8}")
    assert (grade.correct, grade.rule) == (False, "boxed")
    assert (grade.disagreement.rule, grade.disagreement.extracted) == ("phrase", "7")
    agreed = grader("integer").grade(problem("8"), "8", "The answer is 8.\nSo \\boxed{8}. 1 2 3")
    assert agreed.disagreement is None


@pytest.mark.parametrize(
    "answer",
    [
        "73",
        "073",
        "+73",
        "73.0",
        "$73$",
        "m+n = 73",
        "73 ways",
        "x = 70 + 3 = 73",
        "73^\\circ",
        "\\frac{146}{2}",
        "73_{10}",
    ],
)
def test_integers(answer):
    assert grader("integer").judge("73", answer).correct


@pytest.mark.parametrize(
    "answer",
    [
        "-73",
        "7 3",
        "73.5",
        "73, 74",
        "730",
        "seventy-three",
        "73x",
        "73xyz",
        "73_8",
        "73 thousand",
        "9" * 1_999,
        "",
        "7_3",
    ],
)
def test_other_integers_and_none(answer):
    assert not grader("integer").judge("73", answer).correct


@pytest.mark.parametrize("answer", ["20%", "20\\%", "20 percent", "20\\text{ percent}"])
def test_percent_is_no_count(answer):
    made = grader("integer")
    assert made.judge("20", answer).correct
    assert made.judge("20", answer, question="By what percent did it fall?").correct
    assert not made.judge("20", answer, question="How many eggs are left?").correct
    assert made.judge("20", answer, question="How much percent is that?").correct


def test_large_integers():
    assert grader("integer").judge("1000", "1,000").correct
    assert grader("integer").judge("1000", "\\$1{,}000.00").correct


def test_a_gold_that_is_no_integer_is_named():
    with pytest.raises(BenchmarkError, match=r"problem 1: gold answer '1/2' is not an integer"):
        grader("integer").check([problem("7"), problem("1/2")])


@pytest.mark.parametrize(
    "answer",
    [
        "B",
        "(B)",
        "b",
        "B.",
        "\\text{B}",
        "\\textbf{(B)}",
        "Option B",
        "B) 10^{-4} m",
        "(B) 10^{-4} m",
        "B: as said",
        "$10^{-4}$ m",
    ],
)
def test_choices(answer):
    assert grader("choice").grade(problem("B", CHOICES), answer).correct


@pytest.mark.parametrize(
    "answer", ["A", "", "B or C", "A, B", "E", "Because", "BD", "no change", "10^{-3} m"]
)
def test_other_choices_and_none(answer):
    assert not grader("choice").grade(problem("B", CHOICES), answer).correct


@pytest.mark.parametrize(
    "text",
    [
        "... so the answer is (B).",
        "Answer: B",
        "I see.\n\n**B**",
        "Hm.\nB) 10^{-4} m, so \\boxed{B}",
        "</think>**Answer: B**",
    ],
)
def test_choices_are_found_in_texts(text):
    assert grader("choice").grade(problem("B", CHOICES), None, text).correct


def test_a_choice_that_there_is_not_is_named():
    with pytest.raises(BenchmarkError, match="letter of any of its 4 choices"):
        grader("choice").check([problem("E", CHOICES)])


def test_exact():
    assert grader("exact").judge("a b", " a   b\n").correct
    assert not grader("exact").judge("a b", "A b").correct


def test_unknown_graders_are_refused():
    with pytest.raises(UnknownName, match="did you mean 'mathematics'"):
        grader("mathematic")
