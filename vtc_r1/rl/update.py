"""The policy update: optimiser steps of the model on the solves that it sampled."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vtc_r1.errors import TrainingError, first_line
from vtc_r1.rl.loss import kl_k3, policy_loss, token_logprobs
from vtc_r1.rl.recipe import GrpoRecipe
from vtc_r1.rl.samples import Sample
from vtc_r1.sft.packing import IGNORED, Packer

_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate")


@dataclass(frozen=True)
class UpdateMetrics:
    """Metrics of the optimiser steps on one batch of solves; means are over the trained tokens."""

    tokens: int  #: number of trained tokens, the same in every optimiser step
    loss: float  #: mean, at the last optimiser step
    entropy: float  #: mean in nats, at the first optimiser step
    clip_fraction: float  #: share of tokens whose gradient is clipped away, at the last optimiser step
    kl: float  #: mean KL divergence from the reference model in nats, at the last step; 0 without `kl`
    grad_norm: float  #: before clipping, at the last optimiser step
    sampling_logp_difference: float
    """Mean absolute difference between log-probabilities at sampling and at the first optimiser step."""


class PolicyUpdater:
    """Trains the policy, by AdamW.

    Args:
        recipe: the recipe.
        network: the policy, which is trained.
        packer: makes batches.
        reference: the network as it was at the start, for the KL term; None without `kl`.
    """

    def __init__(self, recipe: GrpoRecipe, network: Any, packer: Packer, reference: Any = None) -> None:
        self.recipe, self.network, self.packer, self.reference = recipe, network, packer, reference
        self.optimizer = torch.optim.AdamW(
            [weight for weight in network.parameters() if weight.requires_grad],
            lr=recipe.learning_rate,
            betas=(0.9, recipe.beta2),
            weight_decay=recipe.weight_decay,
        )

    def update(self, step: int, samples: Sequence[Sample], advantages: Sequence[float]) -> UpdateMetrics:
        """Take the optimiser steps of step `step`, from 0.

        Args:
            step: number of the step.
            samples: solves, packed.
            advantages: one for each sample.

        Raises TrainingError for a loss or gradient that is not finite, or if memory runs out; the weights are
        then those before this step or, with several `updates`, those after one of its optimiser steps.
        """
        recipe = self.recipe
        rate = learning_rate(recipe, step)
        for parameters in self.optimizer.param_groups:
            parameters["lr"] = rate
        micro_batches = list(_micro_batches(samples, recipe.pass_tokens))
        longest = max(len(sample.packed.ids) for sample in samples)
        self.network.train()
        with enough_memory(f"step {step + 1}, solves of up to {longest} tokens"):
            steps = [
                self._optimizer_step(step, samples, advantages, micro_batches) for _ in range(recipe.updates)
            ]
        first, last = steps[0], steps[-1]
        return UpdateMetrics(
            tokens=last.tokens,
            loss=last.loss,
            entropy=first.entropy,
            clip_fraction=last.clip_fraction,
            kl=last.kl,
            grad_norm=last.grad_norm,
            sampling_logp_difference=first.sampling_logp_difference,
        )

    def _optimizer_step(
        self,
        step: int,
        samples: Sequence[Sample],
        advantages: Sequence[float],
        micro_batches: Sequence[Sequence[int]],
    ) -> UpdateMetrics:
        """Take one optimiser step on all samples; `micro_batches` holds their indices."""
        self.optimizer.zero_grad(set_to_none=True)
        tokens, sums = sum(sample.tokens for sample in samples), np.zeros(5)
        for indices in micro_batches:
            sums += self._forward_backward(
                [samples[index] for index in indices], [advantages[index] for index in indices], tokens
            )
        grad_norm = float(
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.max_grad_norm)
        )
        loss, entropy, clip_fraction, kl, sampling_logp_difference = (sums / tokens).tolist()
        for name, value in (("loss", loss), ("gradient", grad_norm)):
            if not math.isfinite(value):
                raise TrainingError(
                    f"step {step + 1}: the {name} is {value}, so nothing is published; lower the "
                    f"learning_rate ({self.recipe.learning_rate:g}) in another --out, or check the weights "
                    "that it starts from"
                )
        self.optimizer.step()
        return UpdateMetrics(
            tokens=tokens,
            loss=loss,
            entropy=entropy,
            clip_fraction=clip_fraction,
            kl=kl,
            grad_norm=grad_norm,
            sampling_logp_difference=sampling_logp_difference,
        )

    def _forward_backward(
        self, samples: Sequence[Sample], advantages: Sequence[float], step_tokens: int
    ) -> NDArray[np.float64]:
        """Accumulate the gradient of one micro-batch.

        Args:
            samples: of the micro-batch.
            advantages: one for each sample.
            step_tokens: number of trained tokens of the whole step, by which the loss is divided.

        Returns sums over the trained tokens, shape (5,): loss, entropy, clipped tokens, KL divergence, and
        absolute difference of log-probabilities.
        """
        recipe = self.recipe
        batch = self.packer.batch([sample.packed for sample in samples])
        device = self.network.device
        batch = {name: value.to(device) for name, value in batch.items()}
        labels = batch.pop("shift_labels")
        batch.pop("labels")
        mask = labels != IGNORED
        sampling_logprobs = torch.zeros(labels.shape, device=device)
        for row, sample in enumerate(samples):
            sampling_logprobs[row, : len(sample.logprobs)] = torch.from_numpy(sample.logprobs).to(device)
        tokens = labels.clamp_min(0)
        policy = token_logprobs(self._logits(self.network, batch), tokens, recipe.temperature)
        logprobs = torch.where(mask, policy.logprobs, sampling_logprobs)
        clipped = policy_loss(
            logprobs,
            sampling_logprobs,
            torch.tensor(advantages, dtype=torch.float32, device=device),
            clip_low=recipe.clip_low,
            clip_high=recipe.clip_high,
        )
        loss, kl = clipped.loss, torch.zeros_like(clipped.loss)
        if self.reference is not None:
            with torch.no_grad():
                ref_logits = self._logits(self.reference, batch)
                ref_logprobs = token_logprobs(ref_logits, tokens, recipe.temperature).logprobs
            kl = kl_k3(logprobs, torch.where(mask, ref_logprobs, logprobs.detach()))
            loss = loss + recipe.kl * kl
        loss_sum = loss[mask].sum()
        (loss_sum / step_tokens).backward()
        sums = (
            loss_sum,
            policy.entropy[mask],
            clipped.is_clipped[mask],
            kl[mask],
            (logprobs - sampling_logprobs)[mask].abs(),
        )
        return np.array([float(values.detach().double().sum()) for values in sums])

    def _logits(self, network: Any, batch: dict[str, Any]) -> torch.Tensor:
        device_type = self.network.device.type
        with torch.autocast(device_type, torch.bfloat16, enabled=self.recipe.precision == "bf16"):
            logits: torch.Tensor = network(**batch, use_cache=False).logits
        return logits


def learning_rate(recipe: GrpoRecipe, step: int) -> float:
    """Return the learning rate of step `step`, from 0: linear warm-up, then the recipe's schedule."""
    warmup = recipe.warmup_steps
    if step < warmup:
        return recipe.learning_rate * (step + 1) / (warmup + 1)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    progress = (step - warmup) / max(1, recipe.steps - warmup)
    if recipe.schedule == "linear":
        return recipe.learning_rate * (1 - progress)
    return recipe.learning_rate * (1 + math.cos(math.pi * progress)) / 2


def _micro_batches(samples: Sequence[Sample], max_tokens: int) -> Iterator[list[int]]:
    """Yield the indices of the samples of each micro-batch.

    Samples of similar length come together, at most `max_tokens` tokens with padding; a longer sample is a
    micro-batch of its own.
    """
    micro_batch: list[int] = []
    for index in sorted(range(len(samples)), key=lambda index: len(samples[index].packed.ids)):
        if micro_batch and (len(micro_batch) + 1) * len(samples[index].packed.ids) > max_tokens:
            yield micro_batch
            micro_batch = []
        micro_batch.append(index)
    if micro_batch:
        yield micro_batch


@contextmanager
def enough_memory(what: str) -> Iterator[None]:
    """Turn an out-of-memory error into a TrainingError that names what the memory was for."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        message = str(error).lower()
        if not isinstance(error, MemoryError) and not any(phrase in message for phrase in _OUT_OF_MEMORY):
            raise
        raise TrainingError(
            f"{what}: there is not enough memory ({first_line(error) or 'MemoryError'}); the last save is "
            "whole: lower pass_tokens, rows, groups or group_size in another --out"
        ) from error
