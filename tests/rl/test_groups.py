"""The groups of a step: problems that are drawn, groups that have a gradient, and failures."""

import json
import random
from collections import Counter

import pytest

from tests.rl.solves import trace
from vtc_r1.errors import RecipeError, UnknownName
from vtc_r1.eval.problem import Problem
from vtc_r1.exercises import read
from vtc_r1.rl.curriculum import Curriculum
from vtc_r1.rl.groups import GroupSampler
from vtc_r1.rl.problems import Problems, identity, read_sets
from vtc_r1.rl.recipe import GRPO, ProblemSet
from vtc_r1.rl.rewards import RewardSum

EXPRESSIONS = ProblemSet(kind="expression", lines=(7, 8), count=30)


def curriculum(count=20):
    return Curriculum(read_sets([ProblemSet(kind="gcd", lines=(2, 5), count=count)], "t"), {})


def group_sampler(problems, *, rewards=("correct",), refills=2, groups=4):
    return GroupSampler(problems, RewardSum(rewards), groups, 2, refills, "group", 0)


def answering(is_correct):
    """Solves that are correct by the number of the solve within its group."""

    def solve(questions, seeds):
        return [
            trace(1, (read(question).answer if is_correct(at % 2) else "x"))
            for at, question in enumerate(questions)
        ]

    return solve


def test_groups_without_a_difference_are_replaced_a_bounded_number_of_times():
    rounds = []

    def solve(questions, seeds):
        rounds.append(len(questions))
        assert len({*seeds}) == len(seeds)
        return answering(lambda number: len(rounds) > 1 and number == 0)(questions, seeds)

    batch = group_sampler(curriculum()).sample(0, solve)
    assert rounds == [8, 8] and len(batch.groups) == 8 and len(batch.with_gradient) == 4
    assert all(group.advantages[0] > 0 > group.advantages[1] for group in batch.with_gradient)

    rounds.clear()
    never = group_sampler(curriculum()).sample(
        0, lambda asked, seeds: rounds.append(0) or answering(lambda n: False)(asked, seeds)
    )
    assert len(rounds) == 3 and len(never.groups) == 12 and never.with_gradient == []
    assert all(group.correct == 0 for group in never.groups)


def test_a_step_draws_the_same_problems_again_and_none_twice():
    asked = []
    for _ in range(2):
        asked.append([])
        group_sampler(curriculum()).sample(
            5,
            lambda questions, seeds: (
                asked[-1].append((questions, seeds)) or answering(lambda n: True)(questions, seeds)
            ),
        )
    assert asked[0] == asked[1]
    questions = [question for one, _ in asked[0] for question in one[::2]]
    assert len({*questions}) == len(questions) == 12
    asked.append([])
    group_sampler(curriculum()).sample(
        6, lambda q, s: asked[-1].append((q, s)) or answering(lambda n: True)(q, s)
    )
    assert asked[2] != asked[0]


def test_more_are_wanted_than_there_are():
    batch = group_sampler(curriculum(3)).sample(0, answering(lambda number: True))
    assert len(batch.groups) == 3 and batch.with_gradient == []


def test_a_failed_solve_and_a_reward_that_raises_are_named_and_left_out(tmp_path, monkeypatch):
    (tmp_path / "odd_reward.py").write_text(
        "from vtc_r1.rl.rewards import Reward\n"
        "class Odd(Reward):\n"
        "    def score(self, solved):\n"
        "        if solved.trace.answer == 'x':\n"
        "            raise KeyError('no verdict')\n"
        "        return 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    sampler = group_sampler(curriculum(), rewards=("odd_reward:Odd",), refills=0, groups=2)
    batch = sampler.sample(0, answering(lambda number: number == 0))
    assert len(batch.failures) == 2 and len(batch.traces) == 2 and batch.with_gradient == []
    assert "solve 1: reward odd_reward:Odd: KeyError: 'no verdict'" in batch.failures[0]

    def failing(questions, seeds):
        return [trace(0, "").model_copy(update={"status": "failed", "error": "gone"}) for _ in questions]

    batch = group_sampler(curriculum(), refills=0, groups=1).sample(0, failing)
    assert [line.endswith(": gone") for line in batch.failures] == [True, True] and batch.traces == []


def test_what_is_always_or_never_solved_is_drawn_less():
    draws = curriculum(3)
    names = [problem.id for problem in draws.sets[0].problems]
    for _ in range(4):
        draws.update(names[0], 6, 6)
        draws.update(names[1], 6, 0)
        draws.update(names[2], 6, 3)
    rng = random.Random(0)
    drawn = Counter(draws.draw(rng, 1, set())[0][1].id for _ in range(600))
    assert drawn[names[2]] > 400 and 10 < drawn[names[0]] < 120 and 10 < drawn[names[1]] < 120
    again = Curriculum(draws.sets, json.loads(json.dumps(draws.pass_counts)))
    assert [again.weight(name) for name in names] == [draws.weight(name) for name in names]
    before = draws.weight(names[1])
    draws.update(names[1], 6, 3)
    assert draws.weight(names[1]) > before


def test_sets_are_drawn_by_their_shares():
    problems = [
        Problems(
            name, share, tuple(Problem(id=f"{name}{at}", question="q", answer="1") for at in range(5)), None
        )
        for name, share in (("a", 3.0), ("b", 1.0))
    ]
    rng = random.Random(0)
    drawn = Counter(Curriculum(problems, {}).draw(rng, 1, set())[0][0].name for _ in range(400))
    assert 250 < drawn["a"] < 350


def test_exercises_go_beyond_what_was_taught_and_are_not_those_held_out():
    (held,) = read_sets([EXPRESSIONS], "held out")
    (drawn,) = read_sets([EXPRESSIONS], "train:0", {one.question for one in held.problems})
    assert {one.level for one in drawn.problems} == {"7", "8"} and len(drawn.problems) == 30
    assert not {one.question for one in held.problems} & {one.question for one in drawn.problems}
    assert (
        drawn.problems
        == read_sets([EXPRESSIONS], "train:0", {one.question for one in held.problems})[0].problems
    )
    assert all(eval(one.question) == int(one.answer) for one in drawn.problems)  # noqa: S307  # our own


def test_problems_come_from_a_file(tmp_path):
    rows = tmp_path / "mine.jsonl"
    rows.write_text('{"problem": "2+2", "answer": "4"}\n{"problem": "3+4", "answer": "7"}\n')
    wanted = ProblemSet(file=str(rows), grader="exact")
    (found,) = read_sets([wanted], "t", {"3+4"})
    assert [(one.question, one.answer) for one in found.problems] == [("2+2", "4")] and found.name == "mine"
    before = identity([wanted])
    rows.write_text(rows.read_text() + "\n")
    assert identity([wanted]) != before
    with pytest.raises(RecipeError, match=r"absent\.jsonl"):
        identity([ProblemSet(file=str(tmp_path / "absent.jsonl"))])


def test_recipes_are_refused_in_one_line():
    for settings, said in (
        (["rewrds=x"], "key of recipe nano 'rewrds': did you mean 'rewards'"),
        (['problems=[{"kind": "gdc"}]'], "unknown kind of exercise 'gdc': did you mean 'gcd'"),
        (['problems=[{"lines": [1, 2]}]'], "give kind or file"),
        (['problems=[{"kind": "gcd", "lines": [5, 2]}]'], "the fewest and the most steps"),
        (["group_size=1"], "greater than or equal to 2"),
        (["problems=[]"], "at least 1 item"),
    ):
        with pytest.raises((RecipeError, UnknownName), match=said):
            GRPO.load("nano", settings)
    with pytest.raises(UnknownName, match="unknown recipe 'nanoo': did you mean 'nano'"):
        GRPO.load("nanoo")
    with pytest.raises(RecipeError, match="problems power 20: none takes 20 steps"):
        read_sets([ProblemSet(kind="power", lines=(20, 20))], "t")
    assert GRPO.load("nano", ["rewards=correct,format"]).rewards == ("correct", "format")
