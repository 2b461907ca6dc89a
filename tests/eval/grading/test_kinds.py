"""Verdicts on mathematics by kind: what must be right, and beside it what is near and wrong."""

import pytest

pytest.importorskip("math_verify", reason="the extra `eval` is not installed")
pytest.importorskip("pebble", reason="the extra `eval` is not installed")

from vtc_r1.eval.grading.graders import Mathematics

EXACT = {
    ("\\frac{1}{3^{80}}", "\\frac{1}{3^{81}}"): False,
    ("1+10^{-20}", "1"): False,
    ("\\sqrt{2}+10^{-30}", "\\sqrt{2}"): False,
    ("\\frac{x}{10^{20}}", "\\frac{x}{10^{21}}"): False,
    ("x+y=10^{-20}", "x+y=10^{-21}"): False,
    ("\\{10^{-17},2\\}", "\\{10^{-18},2\\}"): False,
    ("100!", "100!+1"): False,
    ("\\frac{1}{20!}", "1/20!"): True,
    ("10^{-20}", "\\frac{1}{10^{20}}"): True,
    ("\\sqrt{5+2\\sqrt6}", "\\sqrt2+\\sqrt3"): True,
    ("\\cos 36^\\circ", "\\frac{1+\\sqrt5}{4}"): True,
}
UNITS = {
    ("30 \\text{ mph}", "30 \\text{ km/h}"): False,
    ("20^\\circ C", "20^\\circ F"): False,
    ("12 \\text{ cm}^3", "12 \\text{ cm}^2"): False,
    ("864 \\text{ inches}^2", "864 \\text{ inches}"): False,
    ("\\$5", "5\\text{ cents}"): False,
    ("£20", "\\$20"): False,
    ("7", "7 is incorrect"): False,
    ("7", "7 couples"): False,
    ("7", "\\text{at least } 7"): False,
    ("5", "5 below zero"): False,
    ("5 \\text{ apples}", "5 \\text{ oranges}"): False,
    ("3 \\text{ gain}", "3 \\text{ loss}"): False,
    ("8 \\text{ a.m.}", "8 \\text{ p.m.}"): False,
    ("5 \\text{ m}", "500 \\text{ cm}"): True,
    ("864 \\text{ inches}^2", "864 square inches"): True,
    ("\\$5", "500 cents"): True,
    ("3 \\text{ m/s}", "3 meters per second"): True,
    ("5 \\text{ feet } 6 \\text{ inches}", "66 inches"): True,
    ("2500000", "2.5 million people"): True,
    ("18", "18 small blue marbles"): True,
    ("0.5", "5 tenths"): True,
    ("100^\\circ\\text{C}", "100 degrees Celsius"): True,
    ("5 \\text{ p.m.}", "17:00"): True,
    ("150", "150元"): True,
}
EQUATIONS = {
    ("4", "x^2=4"): False,
    ("8", "2^x=8"): False,
    ("5", "|x|=5"): False,
    ("7", "3+3=7"): False,
    ("9", "x = 3^2 = 8 = 9"): False,
    ("12", "ab=12"): False,
    ("3,2", "x=2, y=3"): False,
    ("(1,2)", "y=1, x=2"): False,
    ("AB=4,CD=5", "5,4"): False,
    ("5", "5=x"): True,
    ("73", "m + n + p = 73"): True,
    ("7", "x = 3+4 = 7"): True,
    ("60^\\circ", "\\angle ABC = 60^\\circ"): True,
    ("12", "\\text{Area}=12"): True,
    ("2,3", "x=2, y=3"): True,
    ("x=2,y=3", "y=3,x=2"): True,
    ("(x,y)=(2,3)", "(y,x)=(3,2)"): True,
    ("10", "\\binom{5}{2} = 10"): True,
    ("\\sqrt2", "\\sqrt{2} \\approx 1.414"): True,
    ("3", "13 \\equiv 3 \\pmod{10}"): True,
    ("3", "2x \\equiv 3 \\pmod 7"): False,
    ("3", "11 \\equiv 3 \\pmod 7"): False,
}
FORMS = {
    ("\\frac{5}{11}", "0.\\overline{45}"): True,
    ("0.\\overline{27}", "0.27"): False,
    ("\\binom{16}{2}", "{16 \\choose 2}"): True,
    ("2345_6", "2345_{\\text{six}}"): True,
    ("2345_6", "2345_7"): False,
    ("\\frac{3\\sqrt5}{7}", "(3*sqrt(5))/7"): True,
    ("e^{2x}", "exp(2x)"): True,
    ("\\log_3 7", "log_3(7)"): True,
    ("2", "ln 2"): False,
    ("2", "pi/2"): False,
    ("a_{10}", "a₁₀"): True,
    ("[1,2)", "1 \\le x \\le 2"): False,
    ("(1,\\infty)", "\\{x \\in \\mathbb{R} \\mid x > 1\\}"): True,
    ("(1,2)", "x > 1 and x < 2"): True,
    ("(1,2)", "x > 1 or x < 2"): False,
    ("(-\\infty,1)\\cup(2,\\infty)", "(-\\infty,1) and (2,\\infty)"): True,
    ("(-\\infty,1)\\cup(1,\\infty)", "all real numbers except 1"): True,
    ("\\{1,2,3\\}", "\\{1\\}\\cup\\{2,3\\}"): True,
    ("\\emptyset", "no solution"): True,
    ("\\emptyset", "\\{0\\}"): False,
    (
        "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}",
        "\\left[\\begin{smallmatrix}1&2\\\\3&4\\end{smallmatrix}\\right]",
    ): True,
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{pmatrix}1&3\\\\2&4\\end{pmatrix}"): False,
    ("2n", "a_n = 2n \\text{ for all } n \\geq 1"): True,
    ("12", "\\textbf{(D)}\\ 12"): True,
    ("D", "(D) 12"): True,
    ("D", "(D) is wrong"): False,
    ("2:3:4", "2:4:3"): False,
    ("\\text{DNE}", "the limit does not exist"): True,
    ("1234", "12 34"): False,
    ("x", "X"): False,
}


@pytest.fixture(scope="module")
def mathematics():
    with Mathematics() as made:
        yield made


@pytest.mark.parametrize(
    ("pair", "right"),
    [pair for kind in (EXACT, UNITS, EQUATIONS, FORMS) for pair in kind.items()],
    ids=lambda found: " ".join(found) if isinstance(found, tuple) else str(found),
)
def test_verdicts(mathematics, pair, right):
    assert mathematics.judge(*pair).correct is right


def test_what_the_question_asks_for_is_a_name(mathematics):
    asked = "Given that $x + y = 7$, what is $x^2+y^2$?"
    assert mathematics.judge("25", "x^2+y^2=25", question=asked).correct
    assert not mathematics.judge("7", "x^2+y^2=7").correct
    assert not mathematics.judge("7", "x+y=7", question="Given that $x+y=7$, find $x$.").correct


def test_pairs_are_counted_where_they_are_asked_for(mathematics):
    assert mathematics.judge("5", "5 pairs", question="How many pairs of socks are there?").correct
    assert not mathematics.judge("5", "5 pairs", question="How many socks are there?").correct


@pytest.mark.parametrize("answer", ["5 is wrong", "5 or more", "\\frac{1}{", "\\oops 5", "not 5"])
def test_what_cannot_be_read_is_on_record(mathematics, answer):
    verdict = mathematics.judge("5", answer)
    assert (verdict.correct, verdict.error) == (False, "unreadable")


def test_what_can_be_read_and_is_wrong_is_no_failure(mathematics):
    assert [mathematics.judge("5", answer).error for answer in ("6", "x+1", "(1,2)", "5.0001")] == [None] * 4
