import ast
import operator
import random

import pytest

from vtc_r1.arithmetic import LARGEST_OPERAND, LARGEST_VALUE, OPERATIONS, draw, outside, parse

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.USub: operator.neg}


def evaluated(text):
    def value(node):
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        return OPERATORS[type(node.op)](value(node.operand)) if isinstance(node, ast.UnaryOp) else node.value

    return value(ast.parse(text, mode="eval").body)


def draws(count=500):
    rng = random.Random(3)
    return [draw(rng, rng.choice(OPERATIONS)) for _ in range(count)]


def test_values_agree_with_python():
    for expression in draws():
        assert expression.value == evaluated(str(expression))


def test_every_step_leaves_the_value_as_it_was():
    for expression in draws():
        for step, rest in expression.steps():
            left, _, right = str(step).rpartition("=")
            assert evaluated(left) == int(right)
            assert evaluated(str(rest)) == expression.value


def test_every_step_takes_one_operation():
    for expression in draws(100):
        left = [len(rest.operators) for _, rest in expression.steps()]
        assert left == list(range(len(expression.operators)))[::-1]


def test_only_the_first_number_is_ever_negative():
    for expression in draws():
        for _, rest in expression.steps():
            assert min(rest.numbers[1:], default=0) >= 0


def test_written_expressions_parse_as_themselves():
    for expression in draws():
        assert parse(str(expression)) == expression


def test_draws_are_of_the_kind():
    for expression in draws():
        steps = [step for step, _ in expression.steps()]
        assert outside(expression) is None
        assert all(0 <= number <= LARGEST_OPERAND for number in expression.numbers)
        assert all(abs(step.value) <= LARGEST_VALUE for step in steps)
        assert all(min(step.left, step.right) < 10 for step in steps if step.operator == "*")


@pytest.mark.parametrize("operations", OPERATIONS)
def test_draws_have_the_operations_asked_for(operations):
    assert len(draw(random.Random(1), operations).operators) == operations


def test_draws_follow_the_seed():
    assert draws(20) == draws(20)
    assert len(set(map(str, draws(100)))) > 90


@pytest.mark.parametrize(
    ("expression", "order"),
    [
        ("1+2*3-4", ["2*3=6", "1+6=7", "7-4=3"]),
        ("1+2-3*4", ["1+2=3", "3*4=12", "3-12=-9"]),
        ("2*3*4", ["2*3=6", "6*4=24"]),
        ("9-8-7", ["9-8=1", "1-7=-6"]),
        ("5-9+2*3", ["5-9=-4", "2*3=6", "-4+6=2"]),
    ],
)
def test_order_of_the_steps(expression, order):
    assert [str(step) for step, _ in parse(expression).steps()] == order


@pytest.mark.parametrize(
    "question",
    [
        "37 + 8 * 4 - 5",
        "37+8×4−5",
        "37 + 8 · 4 \N{EN DASH} 5",
        "37 + 8 * 4 - 5 =",
        "37 + 8 * 4 - 5 = ?",
        "37 + 8 * 4 - 5=?",
        "37 + 8 * 4 - 5?",
        "37 + 8 * 4 - 5 ?\n",
        "\n\t37 +\n8 *4- 5  =  ?  ",
        "37\u00a0+\u20038 * 4 - 5",
    ],
)
def test_spellings(question):
    assert str(parse(question)) == "37+8*4-5"


@pytest.mark.parametrize(
    "question",
    [
        *("", " ", "?", "=", "= ?", "+", "What is 1 + 2?", "x + 1", "1 + 2 = 3", "1 + 2 = = ?"),
        *("1 2 + 3", "1\n2 + 3", "-3 + 4", "1 + + 2", "1 + -2", "1 +", "* 2", "(1 + 2) * 3", "1 / 2"),
        *(
            "2 ** 3",
            "2^3",
            "1.5 + 2",
            "1,000 + 2",
            "1_0 + 2",
            "0x1 + 2",
            "١ + ٢",
            "１ + ２",
            "1 + 2\0",
            "1;2",
        ),
        *("__import__('os')", "9" * 201, "1+" * 150 + "1", "\ud800"),
    ],
)
def test_anything_else_is_refused(question):
    assert parse(question) is None


@pytest.mark.parametrize("blank", [" ", "\n", "\t \n"])
def test_long_blanks_take_no_time(blank):
    many = blank * 100_000
    assert parse(f"1 + 2{many}x") is None
    assert str(parse(f"1 +{many}2{many}={many}?{many}")) == "1+2"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("7", "0 operations"),
        ("1+2", "1 operation,"),
        ("1+2+3+4+5+6+7+8", "7 operations"),
        ("100+1-2", "100 is over 99"),
        ("12*34+5", "12*34 neither factor has one digit"),
        ("99*9*9*9+1", "8019*9=72171 is over 9,999"),
    ],
)
def test_what_lies_outside_the_kind(question, said):
    assert said in outside(parse(question))


@pytest.mark.parametrize("question", ["1+2+3", "99*9*9-99", "0*0*0*0*0*0*0", "0-99-99-99-99-99-99"])
def test_what_lies_inside_the_kind(question):
    assert outside(parse(question)) is None
