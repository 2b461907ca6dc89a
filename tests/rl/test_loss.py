"""The loss, against formulas of the papers written out token by token."""

import math

import pytest

pytest.importorskip("torch", reason="training needs the extra train")

import torch

from vtc_r1.errors import TrainingError
from vtc_r1.rl.loss import kl_k3, policy_loss, token_logprobs
from vtc_r1.rl.update import enough_memory

pytestmark = pytest.mark.model
LOW, HIGH = 0.2, 0.28


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_log_probabilities_and_entropy_are_those_of_the_distribution_at_the_temperature():
    logits, tokens = drawn(2, 3, 5), torch.tensor([[0, 4, 2], [1, 1, 3]])
    found = token_logprobs(logits, tokens, 0.7)
    for row in range(2):
        for at in range(3):
            weights = [math.exp(float(one) / 0.7) for one in logits[row, at]]
            chances = [one / sum(weights) for one in weights]
            assert float(found.logprobs[row, at]) == pytest.approx(
                math.log(chances[int(tokens[row, at])]), abs=1e-5
            )
            entropy = -sum(one * math.log(one) for one in chances)
            assert float(found.entropy[row, at]) == pytest.approx(entropy, abs=1e-5)


def test_the_policy_loss_is_the_clipped_surrogate_of_ppo_with_two_clip_bounds():
    now, before, weights = drawn(4, 6) * 0.4, drawn(4, 6, seed=1) * 0.4, drawn(4, seed=2)
    found = policy_loss(now, before, weights, clip_low=LOW, clip_high=HIGH)
    clipped = 0
    for row in range(4):
        for at in range(6):
            ratio, weight = math.exp(float(now[row, at] - before[row, at])), float(weights[row])
            bounded = min(max(ratio, 1 - LOW), 1 + HIGH)
            assert float(found.loss[row, at]) == pytest.approx(-min(ratio * weight, bounded * weight))
            is_clipped = ratio * weight > bounded * weight
            assert bool(found.is_clipped[row, at]) == is_clipped
            clipped += is_clipped
    assert 0 < clipped < 24


def test_a_clipped_token_has_no_gradient_and_the_others_that_of_the_policy():
    before = drawn(1, 3)
    now = (before + torch.tensor([[0.5, 0.26, -0.5]])).requires_grad_()  # ratios 1.65, 1.30, 0.61
    policy_loss(
        now, before, torch.tensor([2.0], dtype=torch.float64), clip_low=LOW, clip_high=HIGH
    ).loss.sum().backward()
    assert now.grad[0].tolist() == pytest.approx([0.0, 0.0, -2 * math.exp(-0.5)])


def test_the_upper_clip_bound_is_the_higher_one():
    before = torch.zeros(1, 2)
    now = torch.tensor([[math.log(1.25), math.log(0.75)]])
    up = policy_loss(now, before, torch.tensor([1.0]), clip_low=LOW, clip_high=HIGH).is_clipped
    down = policy_loss(now, before, torch.tensor([-1.0]), clip_low=LOW, clip_high=HIGH).is_clipped
    assert up.tolist() == [[False, False]] and down.tolist() == [[False, True]]


def test_the_kl_estimator_is_that_of_grpo_and_zero_only_where_nothing_has_changed():
    now, start = drawn(2, 3), drawn(2, 3, seed=1)
    found = kl_k3(now, start)
    for row in range(2):
        for at in range(3):
            ratio = math.exp(float(start[row, at] - now[row, at]))
            assert float(found[row, at]) == pytest.approx(ratio - math.log(ratio) - 1)
    assert (found > 0).all() and (kl_k3(now, now) == 0).all()


def test_lack_of_memory_is_named_and_other_errors_are_not_taken_for_it():
    with (
        pytest.raises(TrainingError, match=r"step 3: there is not enough memory .*lower pass_tokens"),
        enough_memory("step 3"),
    ):
        torch.empty(1 << 52)
    with pytest.raises(RuntimeError, match="size of tensor"), enough_memory("step 3"):
        torch.ones(2) + torch.ones(3)
