import pytest

from vtc_r1.eval.report.report import safe


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "-\\frac{1}{2}"]
)
def test_no_cell_is_a_formula(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-30", "+5", "-2.5", "7", "x=3", "\\frac{1}{2}", ""])
def test_numbers_and_other_text_stay(text):
    assert safe(text) == text


def test_what_steers_a_terminal_is_taken_out():
    assert safe("a\x00\x1b[2J") == "a\ufffd\ufffd[2J"
