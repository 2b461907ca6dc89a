"""Advantages, against the published formulas written out by hand."""

import statistics

import pytest

from vtc_r1.rl.advantage import advantages

GROUPS = ([1.0, 0.0, 0.0, 1.0, 1.0], [0.3, 0.9, 0.9, 0.1], [1.0, 0.0])


@pytest.mark.parametrize("rewards", GROUPS)
def test_a_group_is_centred_and_scaled(rewards):
    mean, deviation = statistics.mean(rewards), statistics.stdev(rewards)
    assert advantages(rewards) == pytest.approx([(one - mean) / deviation for one in rewards], abs=1e-5)


@pytest.mark.parametrize("rewards", GROUPS)
def test_leave_one_out_compares_with_the_others(rewards):
    expected = [one - statistics.mean(rewards[:at] + rewards[at + 1 :]) for at, one in enumerate(rewards)]
    assert advantages(rewards, "leave-one-out") == pytest.approx(expected)


@pytest.mark.parametrize("rewards", [[], [1.0], [1.0, 1.0, 1.0], [0.0] * 4, [0.1 + 0.2, 0.3]])
@pytest.mark.parametrize("kind", ["group", "leave-one-out"])
def test_equal_rewards_teach_nothing(rewards, kind):
    assert advantages(rewards, kind) is None
