"""Chains and ledgers: problems whose values are needed again from pages far back."""

import random
import re

import pytest

from vtc_r1.exercises import ALL, KINDS, NAMED, OutOfRange, read
from vtc_r1.renderers import Renderer

CHAIN = "a=7-6;b=6-4;c=3+6;d=7-3;e=d-b;f=e+d;g=f+b;h=g+a;i=h-d;j=i-a?"


def draws(kind, each=3):
    rng = random.Random(5)
    return [NAMED[kind].draw(rng, lines) for lines in NAMED[kind].lines for _ in range(each)]


def evaluated(question):
    """The last value, by Python's own arithmetic."""
    names = {}
    for statement in question.removesuffix("?").split(";"):
        name, left, sign, right = re.fullmatch(r"(.)=(\w+)([+-])(\w+)", statement).groups()
        first, second = (names[one] if one.isalpha() else int(one) for one in (left, right))
        names[name] = first + second if sign == "+" else first - second
    return names[name]


@pytest.mark.parametrize("kind", NAMED)
def test_answers_are_right_and_steps_true(kind):
    for exercise in draws(kind):
        assert exercise.answer == str(evaluated(exercise.question))
        for line in exercise.lines:
            first, sign, second, value = re.search(r"(\d)([+-])(\d)=(\d)$", line).groups()
            assert int(first) + int(sign + second) == int(value)
            assert all(1 <= int(number) <= 9 for number in re.findall(r"\d+", line))


@pytest.mark.parametrize("kind", NAMED)
def test_a_drawn_question_reads_as_itself(kind):
    for exercise in draws(kind):
        assert read(exercise.question, kinds=NAMED) == exercise
        assert exercise.iterations == -(-len(exercise.lines) // 4)
        assert read(exercise.question) is None  # the embedded model does not know it


@pytest.mark.parametrize("kind", NAMED)
def test_the_example_of_a_kind_is_of_it(kind):
    assert read(NAMED[kind].example, kinds=ALL).kind == kind


def test_a_step_repeats_its_statement_and_puts_the_values_in():
    assert read(CHAIN, kinds=NAMED).lines[3:6] == ("d=7-3=4", "e=d-b=4-2=2", "f=e+d=2+4=6")


@pytest.mark.parametrize("kind", NAMED)
def test_a_segment_is_a_page_of_twelve_vision_tokens(kind):
    renderer = Renderer("micro")
    for exercise in draws(kind, 1):
        for at in range(0, len(exercise.lines) - 3, 4):
            (page,) = renderer.render("\n".join(exercise.lines[at : at + 4]))
            assert page.vision_tokens == 12


def test_a_chain_needs_its_first_page_and_a_ledger_every_row():
    for exercise in draws("chain"):
        used = [line[4] for line in exercise.lines[4:]]
        assert set(used) <= set("abcd")
    for exercise in draws("ledger"):
        rows = (len(exercise.lines) + 1) // 2
        assert [line[4] for line in exercise.lines[rows:]] == [line[0] for line in exercise.lines[: rows - 1]]


def test_given_lines_are_gone_on_from_as_they_stand():
    right = read(CHAIN, kinds=NAMED)
    wrong = read(CHAIN, [*right.lines[:4], "e=d-b=4-2=1"], NAMED)
    assert wrong.lines[4:7] == ("e=d-b=4-2=1", "f=e+d=1+4=5", "g=f+b=5+2=7")
    assert int(wrong.answer) == int(right.answer) - 1


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (CHAIN.replace("j=", "k="), "k=i-a is not named j"),
        (CHAIN.replace("f=e+d", "f=d+a"), "f=d+a does not go on from e"),
        ("a=7-6;b=6-4;c=3+6;d=7-3;e=d-b?", "it has 5 statements"),
        (CHAIN.replace("7-6", "5-5"), "a number is not from 1 to 9"),
    ],
)
def test_what_is_out_of_range_is_refused(question, why):
    with pytest.raises(OutOfRange, match=re.escape(why)):
        read(question, kinds=NAMED)


@pytest.mark.parametrize("question", ["a=1", "a=12+13?", "12+13", "gcd(84,36)", "a=b+c;b=12+13?", "e=d+c"])
def test_other_questions_are_of_none_of_these_kinds(question):
    assert read(question, kinds=NAMED) is None


def test_names_of_kinds_are_used_once():
    assert len(ALL) == len(KINDS) + len(NAMED)
