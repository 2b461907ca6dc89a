"""Rewards: what they are, how they compose, and what becomes of one that fails."""

import math
import sys

import pytest

from tests.rl.solves import solved
from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.rl.rewards import REWARDS, RewardError, RewardSum


def score(*specs, **solve):
    return RewardSum(specs).score(solved(**solve))


def test_correct_is_one_or_zero():
    assert (score("correct"), score("correct", correct=False)) == (1.0, 0.0)


@pytest.mark.parametrize(("iterations", "expected"), [(1, 1.0), (2, 1 - 1 / 16), (4, 1 - 9 / 16), (6, 0.0)])
def test_efficiency_falls_with_the_square_of_further_iterations(iterations, expected):
    assert score("efficiency:phi=4", iterations=iterations) == pytest.approx(expected)
    assert score("efficiency:phi=4", iterations=iterations, correct=False) == 0


def test_format_asks_for_an_answer_without_a_cut():
    assert score("format", correct=False) == 1
    assert score("format", status="exhausted") == 0
    assert score("format", reason="length") == 0


def test_rewards_are_summed_by_their_weights():
    assert score("correct", "format:weight=0.25") == 1.25
    assert score("correct:weight=2", "format:weight=-1", correct=False) == -1


def test_an_unknown_reward_or_option_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="unknown reward 'corect': did you mean 'correct'"):
        RewardSum(["corect"])
    with pytest.raises(UnknownName, match="option of reward efficiency 'psi'"):
        RewardSum(["efficiency:psi=1"])
    with pytest.raises(UsageError, match="phi = '0'"):
        RewardSum(["efficiency:phi=0"])
    assert [*REWARDS][:3] == ["correct", "efficiency", "format"]


MINE = '''
from vtc_r1.rl.rewards import Reward

class Words(Reward):
    """Counts iterations."""
    def score(self, solved):
        return len(solved.trace.iterations)

class Raises(Reward):
    def score(self, solved):
        return 1 / 0

class Nothing(Reward):
    def score(self, solved):
        return float("nan")
'''


@pytest.fixture
def mine(tmp_path, monkeypatch):
    (tmp_path / "my_rewards.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("my_rewards", None)


def test_a_class_of_ones_own_is_a_reward(mine):
    assert score("my_rewards:Words:weight=0.5", "correct", iterations=4) == 3


@pytest.mark.parametrize(
    ("name", "said"), [("Raises", "ZeroDivisionError: division by zero"), ("Nothing", "nan is not a finite")]
)
def test_a_reward_that_fails_is_named(mine, name, said):
    with pytest.raises(RewardError, match=rf"reward my_rewards:{name}: {said}"):
        score("correct", f"my_rewards:{name}")
    assert math.isfinite(score("correct"))
