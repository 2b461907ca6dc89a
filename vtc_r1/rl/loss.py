"""The loss of a policy on tokens that it sampled: clipped ratios, averaged over tokens.

An earlier policy sampled the tokens. A token's ratio is its probability now, divided by that at the time of
sampling. The gain of a token is bounded where the ratio leaves [1 - low, 1 + high]; with `high` above `low`,
unlikely tokens can become likely (clip-higher). All sums are over tokens: the caller divides by the number of
tokens of the whole step, so that a long segment counts for as many tokens as it has.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Spoken:
    """What the policy says of the tokens of some sequences; each of shape (sequences, length)."""

    logprobs: "torch.Tensor"  #: log-probability of the token that each position predicts
    entropy: "torch.Tensor"  #: of the distribution that it is taken from, in nats; without a gradient


def spoken(logits: "torch.Tensor", tokens: "torch.Tensor", temperature: float) -> Spoken:
    """Evaluate logits of shape (sequences, length, vocabulary) at the tokens of shape (sequences, length)."""
    every = (logits.float() / temperature).log_softmax(-1)
    with _no_grad():
        entropy = -(every.exp() * every).sum(-1)
    return Spoken(every.gather(-1, tokens[..., None])[..., 0], entropy)


@dataclass(frozen=True)
class Gain:
    """Terms of the loss, of shape (sequences, length)."""

    loss: "torch.Tensor"  #: to be summed over the tokens that are trained
    is_clipped: "torch.Tensor"  #: where the bound holds, so that the token has no gradient


def gain(
    logprobs: "torch.Tensor",
    sampled: "torch.Tensor",
    advantages: "torch.Tensor",
    *,
    low: float,
    high: float,
) -> Gain:
    """Return the clipped policy loss of every token.

    Args:
        logprobs: now, shape (sequences, length).
        sampled: at the time of sampling, likewise.
        advantages: of the sequences, shape (sequences,).
        low: how far below 1 a ratio still counts.
        high: how far above 1 a ratio still counts.
    """
    ratio, weight = (logprobs - sampled).exp(), advantages[:, None]
    bounded = ratio.clamp(1 - low, 1 + high)
    is_clipped = ((ratio > 1 + high) & (weight > 0)) | ((ratio < 1 - low) & (weight < 0))
    return Gain(-_least(ratio * weight, bounded * weight), is_clipped)


def divergence(logprobs: "torch.Tensor", reference: "torch.Tensor") -> "torch.Tensor":
    """Estimate the KL divergence from a reference policy at every token; never negative.

    It is the estimator of GRPO, π_ref/π - log(π_ref/π) - 1, unbiased for tokens that the policy sampled.
    """
    apart = reference - logprobs
    return apart.exp() - apart - 1


def _least(one: "torch.Tensor", other: "torch.Tensor") -> "torch.Tensor":
    import torch

    return torch.minimum(one, other)


def _no_grad() -> "torch.no_grad":
    import torch

    return torch.no_grad()
