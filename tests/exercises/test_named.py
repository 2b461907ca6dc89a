"""Chains and ledgers: problems whose values are needed again from pages far back."""

import random
import re

import pytest

from vtc_r1.exercises import ALL, KINDS, NAMED, OutOfRange, read
from vtc_r1.renderers import Renderer

CHAIN = "a=54-36;b=10+36;c=92-34;d=79-65;e=d+c;f=e-a;g=f-d;h=g+d;i=h+d;j=i-d?"


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
            first, sign, second, value = re.search(r"(\d+)([+-])(\d+)=(\d+)$", line).groups()
            assert int(first) + int(sign + second) == int(value)
            assert all(10 <= int(number) <= 99 for number in re.findall(r"\d+", line))


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
    assert read(CHAIN, kinds=NAMED).lines[3:6] == ("d=79-65=14", "e=d+c=14+58=72", "f=e-a=72-18=54")


@pytest.mark.parametrize("kind", NAMED)
def test_a_segment_is_a_page_of_eight_vision_tokens(kind):
    renderer = Renderer("micro")
    for exercise in draws(kind, 1):
        for at in range(0, len(exercise.lines) - 3, 4):
            (page,) = renderer.render("\n".join(exercise.lines[at : at + 4]))
            assert page.vision_tokens == 8


def test_a_chain_needs_its_first_page_and_a_ledger_every_row():
    for exercise in draws("chain"):
        used = [line[4] for line in exercise.lines[4:]]
        assert set(used) <= set("abcd")
    for exercise in draws("ledger"):
        rows = (len(exercise.lines) + 1) // 2
        assert [line[4] for line in exercise.lines[rows:]] == [line[0] for line in exercise.lines[: rows - 1]]


def test_given_lines_are_gone_on_from_as_they_stand():
    right = read(CHAIN, kinds=NAMED)
    wrong = read(CHAIN, [right.lines[0].replace("=18", "=28"), *right.lines[1:4]], NAMED)
    assert wrong.lines[5] == "f=e-a=72-28=44"
    assert int(wrong.answer) == int(right.answer) - 10


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (CHAIN.replace("j=", "k="), "k=i-d is not named j"),
        (CHAIN.replace("f=e-a", "f=d-a"), "f=d-a does not go on from e"),
        ("a=54-36;b=10+36;c=92-34;d=79-65;e=d+c?", "it has 5 statements"),
        (CHAIN.replace("54-36", "54-50"), "a number is not from 10 to 99"),
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
