import ast
import math
import operator
import random
import re

import pytest

from vtc_r1.exercises import KINDS, OutOfRange, draw, read, segments_of

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}
NAMES = list(KINDS)


def evaluated(text):
    def value(node):
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        return OPERATORS[type(node.op)](value(node.operand)) if isinstance(node, ast.UnaryOp) else node.value

    return value(ast.parse(text, mode="eval").body)


def draws(kind, each=12):
    rng = random.Random(3)
    return [draw(rng, kind, lines) for lines in KINDS[kind].lines for _ in range(each)]


def digits(number, base):
    return digits(number // base, base) + str(number % base) if number else ""


def right(kind, question):
    """The answer by other means."""
    numbers = [int(number) for number in re.findall(r"\d+", question)]
    if kind == "expression":
        return str(evaluated(question))
    if kind == "gcd":
        return str(math.gcd(*numbers))
    if kind == "power":
        return str(pow(*numbers))
    if kind == "base":
        return digits(*numbers)
    left, _, value = question.partition("=")
    coefficient, _, terms = left.partition("x")
    return str((int(value) - evaluated(f"0{terms}")) // int(coefficient))


@pytest.mark.parametrize("kind", NAMES)
def test_answers_are_right(kind):
    for exercise in draws(kind):
        assert exercise.answer == right(kind, exercise.question)


@pytest.mark.parametrize("kind", ["expression", "gcd", "equation"])
def test_every_step_is_true(kind):
    for exercise in draws(kind):
        for line in exercise.lines:
            left, _, value = line.partition("=")
            assert evaluated(left) == int(value)


def test_every_step_of_a_power_is_true():
    for exercise in draws("power"):
        base, _, modulus = (int(number) for number in re.findall(r"\d+", exercise.question))
        for line in exercise.lines:
            power, product, value, rest = line.split("=")
            exponent = int(power.partition("^")[2])
            assert evaluated(product) == int(value)
            assert int(rest) == int(value) % modulus == pow(base, exponent, modulus)


def test_every_step_of_a_base_is_true():
    for exercise in draws("base"):
        number, base = (int(number) for number in re.findall(r"\d+", exercise.question))
        for line in exercise.lines:
            rest, divisor, quotient, written = (int(found) for found in re.split("[/= ]", line))
            assert (divisor, quotient) == (base, rest // base)
            assert (
                rest * base ** (len(line.split(" ")[1]) - 1)
                + int(str(written), base) % base ** (len(line.split(" ")[1]) - 1)
                == number
            )


@pytest.mark.parametrize("kind", NAMES)
def test_draws_take_the_steps_asked_for_and_fit_a_page(kind):
    for lines in KINDS[kind].lines:
        exercise = draw(random.Random(lines), kind, lines)
        assert (len(exercise.lines), exercise.kind) == (lines, kind)
        assert exercise.iterations == segments_of(lines)
        assert max(map(len, exercise.lines)) <= 16


@pytest.mark.parametrize("kind", NAMES)
def test_a_drawn_question_reads_as_itself(kind):
    for exercise in draws(kind, 3):
        assert read(exercise.question) == exercise


@pytest.mark.parametrize("kind", NAMES)
def test_the_example_of_a_kind_is_of_it(kind):
    assert read(KINDS[kind].example).kind == kind


@pytest.mark.parametrize("kind", NAMES)
def test_draws_follow_the_seed(kind):
    assert draws(kind, 2) == draws(kind, 2)


@pytest.mark.parametrize(
    ("kind", "lines"),
    [("expression", 6), ("gcd", 10), ("equation", 10), ("power", 10), ("base", 8)],
)
def test_a_kind_is_taught_up_to_its_most_steps_and_no_further(kind, lines):
    assert KINDS[kind].lines[-1] == lines
    assert KINDS[kind].lines[0] == (2 if kind == "equation" else 1)


def test_kinds_need_up_to_ten_iterations():
    most = {kind: max(exercise.iterations for exercise in draws(kind, 1)) for kind in NAMES}
    assert most == {"expression": 6, "gcd": 10, "equation": 10, "power": 10, "base": 8}


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        ("1+2*3-4", ["2*3=6", "1+6=7", "7-4=3"]),
        ("1+2-3*4", ["1+2=3", "3*4=12", "3-12=-9"]),
        ("9+3*(7-2)-4", ["7-2=5", "3*5=15", "9+15=24", "24-4=20"]),
        ("(1+2)*3", ["1+2=3", "3*3=9"]),
        ("7*1-0", ["7*1=7", "7-0=7"]),
        ("gcd(18, 24)", ["24-18=6", "18-6=12", "12-6=6"]),
        ("7x + 12 - 5 = 56", ["56-12=44", "44+5=49", "49/7=7"]),
        ("2x+9=3", None),
        ("3x - 9 = -9", ["-9+9=0", "0/3=0"]),
        ("7^4 mod 11", ["7^2=7*7=49=5", "7^3=5*7=35=2", "7^4=2*7=14=3"]),
        ("22 in base 3", ["22/3=7 1", "7/3=2 11", "2/3=0 211"]),
    ],
)
def test_how_it_is_worked_out(question, lines):
    if lines is None:
        with pytest.raises(OutOfRange):
            read(question)
    else:
        assert list(read(question).lines) == lines


@pytest.mark.parametrize(
    ("question", "written"),
    [
        *((spelling, "37+8*4-5") for spelling in ("37 + 8 * 4 - 5", "37+8×4−5", "37 + 8 · 4 \N{EN DASH} 5")),
        *((f"37 + 8 * 4 - 5{end}", "37+8*4-5") for end in (" =", " = ?", "=?", "?", " ?\n")),
        ("\n\t37 +\n8 *4- 5  =  ?  ", "37+8*4-5"),
        ("37\u00a0+\u20038 * 4 - 5", "37+8*4-5"),
        ("037+08-05", "37+8-5"),
        ("GCD(84,36)?", "gcd(84,36)"),
        ("7*x+12=19", "7x+12=19"),
        ("7X + 12 = 19", "7x+12=19"),
        ("7**9 % 11", "7^9%11"),
        ("45 to base 2", "45 base 2"),
    ],
)
def test_spellings(question, written):
    assert read(question).question == written


@pytest.mark.parametrize(
    "question",
    [
        *("", " ", "?", "=", "= ?", "+", "7", "What is 1 + 2?", "x + 1", "1 + 2 = 3", "1 + 2 = = ?"),
        *("1 2 + 3", "1\n2 + 3", "-3 + 4", "1 + + 2", "1 + -2", "1 +", "* 2", "((1 + 2)) * 3", "1 / 2"),
        *("2^3", "1.5 + 2", "1,000 + 2", "1_0 + 2", "0x1 + 2", "١ + ٢", "１ + ２", "1 + 2\0", "1;2"),
        *("__import__('os')", "9" * 201, "1+" * 150 + "1", "\ud800", "gcd(1,2,3)", "gcd(,)", "5 in base"),
    ],
)
def test_anything_else_is_of_no_kind(question):
    assert read(question) is None


@pytest.mark.parametrize("blank", [" ", "\n", "\t \n"])
def test_long_blanks_take_no_time(blank):
    many = blank * 100_000
    assert read(f"1 + 2{many}x") is None


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("+".join("1" * 8), "7 operations, not 1 to 6"),
        ("100+1-2", "100 is over 99"),
        ("12*34+5", "in 12*34 no factor is a digit from 2 to 9"),
        ("5-1*57", "in 1*57 no factor is a digit from 2 to 9"),
        ("(1+2)*(3+4)", "no factor is a digit from 2 to 9"),
        ("2*3*4", "2*3*4 is a product of 3 factors, not of two"),
        ("5*(3+4)*2+1", "a product of 3 factors, not of two"),
        ("(60+60)*2", "in 120*2 a factor has three digits"),
        ("99*9+99*9", "891+891=1782 is over 999"),
        ("5-(3-9)", "(3-9) is negative"),
        ("gcd(12, 12)", "not two different ones from 1 to 199"),
        ("gcd(199, 2)", "takes 100 subtractions, not 1 to 10"),
        ("x+1=2", "coefficient is not from 2 to 9"),
        ("2x+1=4", "not a whole number from 0 to 30"),
        ("2x" + "+1" * 10 + "=14", "it has 10 terms, not 1 to 9"),
        ("2x+0=4", "terms are not from 1 to 99"),
        ("2x+99=1234", "1234-99=1135 is not within ±999"),
        ("7^30 mod 11", "exponent is not from 2 to 11"),
        ("7^3 mod 12", "modulus is not one of 11, 13, 17, 19"),
        ("12^3 mod 11", "base is not from 2 to 9"),
        ("45 in base 16", "base is not 2, 3 or 5"),
        ("456 in base 2", "number is not from 2 to 255"),
    ],
)
def test_what_lies_outside_a_kind(question, said):
    with pytest.raises(OutOfRange, match=re.escape(said)):
        read(question)


@pytest.mark.parametrize("kind", ["gcd", "power", "equation"])
def test_no_answer_can_be_guessed(kind):
    answers = [exercise.answer for exercise in draws(kind, 60) if exercise.iterations > 1]
    assert max(answers.count(answer) for answer in set(answers)) < 0.2 * len(answers)
