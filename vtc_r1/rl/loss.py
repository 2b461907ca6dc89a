"""The policy loss: PPO's clipped surrogate with two clip bounds, and the KL estimator k3.

The tokens were sampled by an earlier policy. A token's ratio is its probability under the present policy,
divided by its probability when it was sampled. The surrogate is clipped where the ratio leaves
[1 - clip_low, 1 + clip_high]; with `clip_high` above `clip_low`, unlikely tokens can become likely (DAPO's
clip-higher). Nothing is averaged here: the caller divides by the number of tokens of the whole step, so that
every token has the same weight, whatever the length of its segment.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class TokenLogprobs:
    """Log-probabilities and entropies at every token; each of shape (sequences, length)."""

    logprobs: "torch.Tensor"  #: log-probability of the token
    entropy: "torch.Tensor"  #: of the distribution that the token is sampled from, in nats; no gradient


def token_logprobs(logits: "torch.Tensor", tokens: "torch.Tensor", temperature: float) -> TokenLogprobs:
    """Return the log-probabilities of tokens at a temperature, with the entropies.

    Args:
        logits: shape (sequences, length, vocabulary).
        tokens: token ids that the logits predict, shape (sequences, length).
        temperature: of sampling; the logits are divided by it.
    """
    log_softmax = (logits.float() / temperature).log_softmax(-1)
    with _no_grad():
        entropy = -(log_softmax.exp() * log_softmax).sum(-1)
    return TokenLogprobs(log_softmax.gather(-1, tokens[..., None])[..., 0], entropy)


@dataclass(frozen=True)
class PolicyLoss:
    """The policy loss at every token; each of shape (sequences, length)."""

    loss: "torch.Tensor"  #: the loss, to be summed over the trained tokens
    is_clipped: "torch.Tensor"  #: where clipping leaves the token without a gradient


def policy_loss(
    logprobs: "torch.Tensor",
    old_logprobs: "torch.Tensor",
    advantages: "torch.Tensor",
    *,
    clip_low: float,
    clip_high: float,
) -> PolicyLoss:
    """Return the clipped policy loss at every token.

    Args:
        logprobs: under the present policy, shape (sequences, length).
        old_logprobs: under the policy that sampled the tokens, shape (sequences, length).
        advantages: one for each sequence, shape (sequences,).
        clip_low: the ratio is clipped below 1 - clip_low.
        clip_high: the ratio is clipped above 1 + clip_high.
    """
    ratio, advantage = (logprobs - old_logprobs).exp(), advantages[:, None]
    clipped_ratio = ratio.clamp(1 - clip_low, 1 + clip_high)
    is_clipped = ((ratio > 1 + clip_high) & (advantage > 0)) | ((ratio < 1 - clip_low) & (advantage < 0))
    return PolicyLoss(-_minimum(ratio * advantage, clipped_ratio * advantage), is_clipped)


def kl_k3(logprobs: "torch.Tensor", ref_logprobs: "torch.Tensor") -> "torch.Tensor":
    """Estimate the KL divergence KL(π ‖ π_ref) at every token, in nats, by the estimator k3 of GRPO.

    k3 is π_ref/π - log(π_ref/π) - 1: never negative, and unbiased for tokens that π sampled. verl calls it
    `low_var_kl`.

    Args:
        logprobs: under the policy π, shape (sequences, length).
        ref_logprobs: under the reference policy π_ref, shape (sequences, length).
    """
    log_ratio = ref_logprobs - logprobs
    return log_ratio.exp() - log_ratio - 1


def _minimum(first: "torch.Tensor", second: "torch.Tensor") -> "torch.Tensor":
    import torch

    return torch.minimum(first, second)


def _no_grad() -> "torch.no_grad":
    import torch

    return torch.no_grad()
