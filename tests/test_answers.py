import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.answers import boxed, final_answer

PIECES = [
    *("<think>", "</think>", "<answer>", "</answer>", "<answer", "answer>", "</", "<", ">"),
    *("\\boxed{", "\\boxed {", "\\boxed", "\\fbox{", "{", "}", "\\{", "\\}", "\\", "\\\\"),
    *("4", "x+1", " ", "\n", "\u2003", "\ud800", "😀", "\0", "Therefore "),
]
hostile = st.lists(st.sampled_from(PIECES) | st.text(st.characters(), max_size=4), max_size=30).map("".join)
million = 1_000_000


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>2+2=4</think><answer>4</answer>", "4"),
        ("2+2=4\n</think>\n\n<answer> 4\n</answer>\n", "4"),
        ("</think><answer>1</answer><answer>2</answer>", "2"),
        ("</think><answer>1</answer> no: <answer>2</answer> sure", "2"),
        ("</think><answer>1</answer><answer> \n</answer>", "1"),
        ("</think><answer>1</answer><answer>2", "1"),
        ("</think><answer><answer>3</answer></answer>", "3"),
        ("</think><answer>a < b</answer>", "a < b"),
        ("</think><answer><b>3</b></answer>", "<b>3</b>"),
        ("</think><answer>\\boxed{7}</answer>", "7"),
        ("</think><answer>\\boxed{\\boxed{7}}</answer>", "7"),
        ("</think><answer>\\boxed{7</answer>", "\\boxed{7"),
        ("</think><answer>x = \\boxed{7}</answer>", "x = \\boxed{7}"),
        ("</think><answer>1</answer></think><answer>2</answer>", "2"),
        ("</think><answer>3\n4</answer>", "3\n4"),
    ],
)
def test_vtc_answers(text, answer):
    assert final_answer(text, "vtc", stopped=True) == answer
    assert final_answer(text, "vtc", stopped=False) == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<answer>4</answer>",
        "<think><answer>4</answer>",
        "<think><answer>4</answer></think>",
        "</think>",
        "</think>4",
        "</think><answer></answer>",
        "</think><answer> \n\u2003</answer>",
        "</think><answer>4",
        "</think><answer>4</answer",
        "</think>4</answer>",
        "</think></answer>4<answer>",
        "</think><ANSWER>4</ANSWER>",
        "</think ><answer>4</answer>",
        "</think><answer>4</answer></think>",
        "</think>\\boxed{4}",
    ],
)
def test_vtc_is_not_final(text):
    assert final_answer(text, "vtc", stopped=True) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{4}", "4"),
        (r"\boxed{1}, no: \boxed{2}.", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{ 4 }", "4"),
        (r"\boxed {4}", "4"),
        (r"\boxed{\boxed{4}}", "4"),
        (r"\boxed{ \boxed{\boxed{4} } }", "4"),
        (r"\boxed{1 + \boxed{3}}", r"1 + \boxed{3}"),
        (r"\boxed{\boxed{3} + 1}", r"\boxed{3} + 1"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\}}", r"\}"),
        (r"\boxed{a \\ b}", r"a \\ b"),
        (r"\boxed{4}\boxed{}", "4"),
        (r"\boxed{4} and \boxed{5", "4"),
        (r"\boxed{1{2} \boxed{5}", "5"),
        (r"{ \boxed{6}", "6"),
        (r"}} \boxed{6}}}", "6"),
        ("\\boxed{a\nb}", "a\nb"),
        (r"x</think>y \boxed{8}", "8"),
        (r"\boxed{7}</think>\boxed{8}", "8"),
    ],
)
def test_boxed_answers(text, answer):
    assert final_answer(text, "boxed", stopped=True) == answer


@pytest.mark.parametrize("text", ["\\boxed{4}", "</think>\\boxed{4}", "\\boxed{4} and on"])
def test_boxed_is_not_final_when_cut(text):
    assert final_answer(text, "boxed", stopped=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "<answer>4</answer>",
        r"\boxed",
        r"\boxed{",
        r"\boxed{}",
        r"\boxed{ }",
        r"\boxed{4",
        r"\boxed{4\}",
        r"\boxed{{4}",
        r"\boxed\{4\}",
        r"\\boxed{4}",
        r"\boxed 4",
        r"\fbox{4}",
        r"boxed{4}",
        r"\boxed{4}</think>",
        r"\boxed{4}</think>so it is 4",
    ],
)
def test_boxed_is_not_final(text):
    assert final_answer(text, "boxed", stopped=True) is None


@many_examples(500)
@given(hostile, st.sampled_from(["vtc", "boxed"]), st.booleans())
def test_answer_is_a_stripped_piece_of_the_text(text, rule, stopped):
    answer = final_answer(text, rule, stopped=stopped)
    assert answer is None or (answer and answer == answer.strip() and answer in text)


@many_examples(200)
@given(hostile)
def test_vtc_needs_the_end_of_thinking(text):
    assert final_answer(text.replace("</think>", ""), "vtc", stopped=True) is None


@many_examples(200)
@given(hostile)
def test_boxed_needs_a_stop(text):
    assert final_answer(text, "boxed", stopped=False) is None


@many_examples(200)
@given(hostile)
def test_nothing_before_the_end_of_thinking_matters(text):
    assert final_answer(f"{text}</think><answer>9</answer>", "vtc", stopped=True) == "9"
    assert final_answer(f"{text}</think>so \\boxed{{9}}", "boxed", stopped=True) == "9"


@many_examples(200)
@given(hostile)
def test_the_last_answer_counts(text):
    assert final_answer(f"</think>{text}<answer>9</answer>", "vtc", stopped=True) == "9"


@many_examples(300)
@given(hostile)
def test_boxed_braces_are_balanced(text):
    inside = boxed(text) or ""
    for escaped in ("\\\\", "\\{", "\\}"):
        inside = inside.replace(escaped, "")
    assert inside.count("{") == inside.count("}")


@pytest.mark.parametrize(
    "text",
    [
        "<answer>" * (million // 8),
        "<answer>" + "<" * million,
        "<answer>" + "</answe" * (million // 7),
        "<answer></answer>" * (million // 17),
        "\\boxed{" * (million // 7),
        "\\boxed" + " " * million,
        "\\boxed {" * (million // 8),
        "{" * million,
        "}" * million,
        "\\" * million,
        "x" * million,
        "</think>" * (million // 8),
    ],
    ids=lambda text: text[:12],
)
def test_a_million_hostile_characters_hold_no_answer(text):
    assert final_answer(f"</think>{text}", "vtc", stopped=True) is None
    assert final_answer(f"</think>{text}", "boxed", stopped=True) is None


def test_a_million_characters_of_nested_boxes():
    deep = 120_000
    assert boxed("\\boxed{" * deep + "4" + "}" * deep) == "4"


def test_an_answer_after_a_million_characters():
    text = "<think>" + "wait < no > { } " * (million // 16) + "</think><answer>4</answer>"
    assert final_answer(text, "vtc", stopped=True) == "4"
