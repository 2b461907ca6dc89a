"""Where a trace may be cut, position by position."""

import pytest

from vtc_r1.segments.boundaries import Boundaries


def test_around_says_what_a_cut_would_tear():
    text = "Now $a+b$ holds."
    found = [Boundaries(text).around(at) for at in range(len(text))]
    assert found == [None] * 5 + [(4, 9)] * 4 + [None] * 7


@pytest.mark.parametrize("sign", [",", ":", ";"])
def test_a_paragraph_that_announces_the_next_one_is_not_a_step(sign):
    assert list(Boundaries(f"So{sign}\n\nTwo.\n\nThree.").steps) == [len(f"So{sign}\n\nTwo.\n\n")]


@pytest.mark.parametrize(
    ("follows", "steps"), [("pH is 7.", []), ("Two.", [6]), ("7 is odd.", [6]), ("", [6])]
)
def test_a_paragraph_that_goes_on_in_lower_case_is_not_a_step(follows, steps):
    assert list(Boundaries(f"One.\n\n{follows}").steps) == steps


def test_a_cut_right_behind_a_formula_or_block_tears_nothing():
    text = "$a$ $b$\n```\nx\n```\nSo"
    found = Boundaries(text)
    assert list(found.words) == [4, 8, len(text) - 2]
    assert list(found.lines) == [8, len(text) - 2]


def test_blank_lines_at_the_start_end_a_step():
    assert list(Boundaries("\n\nand so on").steps) == [2]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("1. Take it. Go", [12]),
        ("See 12. Then", [8]),
        ("First\n12. Take it. Go", [19]),
        ("3.5 is it. Go", [11]),
        ("A. Take", [3]),
        (". Go", [2]),
    ],
)
def test_the_number_of_a_list_item_is_not_a_sentence(text, sentences):
    assert list(Boundaries(text).sentences) == sentences
