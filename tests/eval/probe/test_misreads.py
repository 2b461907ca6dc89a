import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.eval.probe.misreads import compare, distance, normalised, numbers_of
from vtc_r1.eval.probe.tesseract import ALPHABET

pytest.importorskip("rapidfuzz", reason="the extra `probe` is not installed")


@given(st.text())
def test_what_is_read_in_full_has_no_error(text):
    found = compare(text, text, ALPHABET)
    assert found.edits == found.known_edits == found.wrong_numbers == sum(found.third_edits) == 0
    assert sum(found.third_lengths) == found.length == len(normalised(text))


@given(st.text(), st.text())
def test_distance_is_symmetric_and_errors_are_bounded(one, other):
    lengths = [len(normalised(text)) for text in (one, other)]
    assert distance(one, other) == distance(other, one)
    found = compare(one, other, ALPHABET)
    assert min(abs(lengths[0] - lengths[1]), lengths[0]) <= found.edits <= lengths[0]
    assert found.known_edits <= found.known_length <= found.length
    assert found.wrong_numbers <= found.numbers
    assert all(edits <= length for edits, length in zip(found.third_edits, found.third_lengths, strict=True))


@given(st.text("abc", min_size=2), st.data())
def test_one_edit_counts_one_and_lies_in_its_third(text, data):
    at = data.draw(st.integers(0, len(text) - 1))
    found = compare(text, text[:at] + "x" + text[at + 1 :])
    bounds = [len(text) * third // 3 for third in range(4)]
    third = next(third for third in range(3) if bounds[third] <= at < bounds[third + 1])
    assert found.edits == 1
    assert found.third_edits == tuple(int(each == third) for each in range(3))


def test_a_page_read_as_something_else_is_lost_once():
    found = compare("123 456 789", "nonsense " * 500)
    assert (found.edits, found.length, found.wrong_numbers) == (9, 9, 3)
    assert found.third_edits == (3, 3, 3)
    assert compare("abc", "").edits == 3


@given(st.text("ab⏎^", max_size=60), st.text("ab<", max_size=60))
def test_setting_aside_never_adds_errors_but_for_the_marks(drawn, read):
    found = compare(drawn, read, ALPHABET)
    assert found.known_edits <= distance(drawn, read)
    assert found.known_length == sum(character in "ab" for character in drawn)


def test_what_is_read_in_the_place_of_a_foreign_character_is_set_aside():
    found = compare("one line⏎and x^2⏎ends", "one line <d and x~Z ends", ALPHABET)
    assert (found.edits, found.known_edits) == (4, 1)
    assert (found.length, found.known_length) == (17, 16)


def test_normalisation_forgives_what_it_says():
    assert normalised("a\n b⏎c — ‘d’ “e” ﬁ") == "abc-'d'\"e\"fi"


def test_numbers_are_runs_of_digits_and_one_wrong_digit_loses_one():
    assert numbers_of("x1 = 3.25, y: ١٢ ⑦") == ["1", "3", "25", "7"]
    found = compare("12 345 6789 10", "12 346 6789 10")
    assert (found.numbers, found.wrong_numbers, found.edits) == (4, 1, 1)
    found = compare("12 345", "12345")  # a lost blank makes two numbers one
    assert (found.edits, found.wrong_numbers) == (0, 2)
