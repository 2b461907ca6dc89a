"""Edits of a page's text: what they change, and what they leave."""

import re
from random import Random

import pytest

from vtc_r1.eval.counterfactual.edits import edits, numbers

PAGE = """Let x = 42 and y_1 = 3.75.
Then 17 + 25 = 42, and 6 \\times 7 = 42; x - 5 = 37.
We are done.
"""


def changed(change, text=PAGE):
    return {edit.of(text): edit for edit in edits(change, text, Random(0))}


@pytest.mark.parametrize("change", ["digit", "sign", "name", "step", "blank"])
def test_an_edit_changes_one_place(change):
    found = changed(change)
    assert found and PAGE not in found
    for text, edit in found.items():
        assert PAGE[edit.start : edit.start + len(edit.old)] == edit.old
        assert text == PAGE[: edit.start] + edit.new + PAGE[edit.start + len(edit.old) :]


def test_digits_keep_their_number_of_digits():
    for edit in changed("digit").values():
        assert len(edit.before) == len(edit.after) and edit.before != edit.after
        assert len(edit.after) == 1 or not edit.after.startswith("0")
        assert sum(one != other for one, other in zip(edit.before, edit.after, strict=True)) == 1
    assert {edit.before for edit in changed("digit", "a 7, b12, 1,234 and 0.5").values()} == {"7", "0.5"}


def test_signs_are_those_of_results():
    assert {(edit.before, edit.after) for edit in changed("sign", "a = -3, 4+5=9, 0=0").values()} == {
        ("-3", "3"),
        ("9", "-9"),
    }


def test_names_are_exchanged_with_other_ones():
    assert {(edit.old, edit.new) for edit in changed("name").values()} == {("x", "y_1"), ("y_1", "x")}
    assert not changed("name", "x = 3")


def test_steps_stay_right():
    for text in changed("step", "17 + 25 = 42"):
        one, other, result = (int(number) for number in re.findall(r"\d+", text))
        assert one + other == result


def test_blanks_leave_the_other_lines():
    (text,) = changed("blank", "no number\nx = 5\n")
    assert text == "no number\n     \n"


@pytest.mark.parametrize("change", ["digit", "sign", "name", "step", "blank", "swap"])
@pytest.mark.parametrize("text", ["", "words", "=", "\n\n", "\\frac{", "−", "=-", "\x00", "9" * 50 + "x"])
def test_texts_without_numbers_have_no_edits_and_hostile_ones_do_no_harm(change, text):
    list(edits(change, text, Random(0)))


def test_numbers_with_their_signs():
    assert numbers("a - 42, =-42, x-7, 3−2, (−5)") == ["42", "-42", "7", "3", "2", "-5"]
