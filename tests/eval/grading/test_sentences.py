"""Answers as models write them in words, in boxes of every kind, and as letters."""

import pytest

from vtc_r1.eval.grading import grader
from vtc_r1.eval.grading.extraction import answers
from vtc_r1.eval.problem import Problem

CHOICES = ("a red shift", "10^{-4} m", "no change", "a blue shift")
INTEGER = grader("integer")


def problem(gold, choices=()):
    return Problem(id="1", question="?", answer=gold, choices=choices)


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 5, since 4 is too small.",
        "The answer is clearly 5.",
        "The answer for part (a) is 5.",
        "The answer is 5, which is prime.",
        "The answer is:\n\\[\nx = 5\n\\]",
        "**Final Answer**\n\n$5$",
        "### Answer\n5",
        "## Final Answer\n\\[\\boxed{5}\\]",
        "So the value of $x$ is $5$.",
        "There is more than one way, but x = 5 is simplest.\n\nAnswer: 5",
        "It is not 4, it is 5.",
        "答案是 $5$",
        "\\boxed 5",
        "\\\\boxed{5}",
        "$\\boxed{5$",
        "\\fbox{5}",
        "\\boxed{\\text{The final answer is } 5}",
        "\\boxed{5} $\\checkmark$ \\boxed{\\checkmark}",
        "\\boxed{5}\n\nCheck: \\boxed{\\text{verified}}",
        "5<|im_end|>\n<|im_start|>user",
        "$5$",
    ],
)
def test_a_text_says_five(text):
    assert INTEGER.grade(problem("5"), None, text).correct


@pytest.mark.parametrize(
    "text",
    [
        "The answer is not 5.",
        "The answer may be 5.",
        "The answer is 5 or 6.",
        "The answer is at most 5.",
        "The answer is 4, since 5 is too large.",
        "x = 5 is wrong.",
        "If x = 5 then y = 6.",
        "There are 5 apples and 6 pears.",
        "The answer is 5. Wait, that is wrong. The answer is 6.",
        "See equation (5).",
        "\\boxed{5",
        "\\boxed{5} or \\boxed{6}",
        "\\boxed{x^2 = 5}",
        "<think>x = 5",
    ],
)
def test_a_text_does_not_say_five(text):
    assert not INTEGER.grade(problem("5"), None, text).correct


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$x=\\boxed{5}$, $y=\\boxed{6}$", "x=5, y=6"),
        ("1. \\boxed{5}\n2. \\boxed{6}", "5, 6"),
        ("Part (a): $\\boxed{5}$\nPart (b): $\\boxed{6}$", "5, 6"),
        ("\\boxed{5} papers and \\boxed{6} bins", "5, 6"),
        ("\\boxed{5}\nand so \\boxed{6}", None),
        ("\\boxed{5} so then we conclude \\boxed{6}", None),
        ("\\boxed{\\frac12}, or \\boxed{0.5}", None),
    ],
)
def test_boxes_that_are_one_answer(text, found):
    assert answers(text).get("boxes") == found


@pytest.mark.parametrize("answer", ["5", "6"])
def test_a_tag_behind_the_box_that_the_loop_took_counts(answer):
    grade = INTEGER.grade(problem("5"), "6", f"<answer>\\boxed{{6}}</answer>, no: <answer>{answer}</answer>")
    assert (grade.correct, grade.rule) == (answer == "5", "tag")


def test_a_tick_that_the_loop_took_is_no_answer():
    grade = INTEGER.grade(problem("5"), "\\checkmark", "\\boxed{5}\n\n$\\boxed{\\checkmark}$")
    assert (grade.correct, grade.rule) == (True, "boxed")


@pytest.mark.parametrize(
    "answer",
    [
        "The answer is 18.",
        "So she makes \\boxed{18} dollars.",
        "That makes $18 every day.",
        "She sells 18 eggs",
        "18 (eighteen)",
        "18\n\nShe sells 9 eggs at $2.",
        "= 18",
        "#### 18",
        "<b>18</b>",
        "9 * 2 = 18",
        "€18",
        "18个",
        "18 - that is the total",
    ],
)
def test_an_answer_in_tags_says_eighteen(answer):
    text = f"<think>first 16, then 17</think>\n<answer>{answer}</answer>"
    assert INTEGER.grade(problem("18"), answer, text).correct


@pytest.mark.parametrize(
    "answer",
    [
        "1 8",
        "9 * 3 = 18",
        "x^2 = 18",
        "18 or 19",
        "18 dozen",
        "half of 18",
        "maybe 18",
        "18 is wrong",
        "minus 18",
    ],
)
def test_an_answer_in_tags_does_not_say_eighteen(answer):
    text = f"<think>first 16, then 17</think>\n<answer>{answer}</answer>"
    assert not INTEGER.grade(problem("18"), answer, text).correct


@pytest.mark.parametrize(
    "text",
    [
        "***ANSWER***: ***B***",
        "Answer: B, since A is not possible.",
        "Answer: <B>",
        "The answer should be (B).",
        "Therefore, option B is correct.",
        "(B) is the right answer.",
        "It is B, since A is impossible.",
        "```\nB\n```",
        "答案是B",
        "$\\Delta E$ is \\boxed{\\Delta E}.\nAnswer: B",
        "\\boxed{10^{-4} \\text{ m}}",
        "The answer is $10^{-4}\\ \\mathrm{m}$.",
        "<answer>Option B is correct.</answer>",
        "Final answer - B",
    ],
)
def test_a_text_chooses(text):
    assert grader("choice").grade(problem("B", CHOICES), None, text).correct


@pytest.mark.parametrize(
    "text",
    [
        "Answer: B or C",
        "Answer: A/B",
        "Answer: B and D",
        "The answer is not B.",
        "B is incorrect.",
        "Option B is wrong.",
        "Both B and C",
        "Because of this",
        "Answer: E",
        "\\boxed{\\Delta B}",
    ],
)
def test_a_text_does_not_choose(text):
    assert not grader("choice").grade(problem("B", CHOICES), None, text).correct


def test_display_mathematics_is_no_other_answer():
    text = "The answer is:\n\\[\n\\boxed{5}\n\\]"
    assert INTEGER.grade(problem("5"), "5", text).disagreement is None
