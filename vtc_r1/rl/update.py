"""One optimiser step of a policy on solves that it made."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from vtc_r1.errors import TrainingError, first_line
from vtc_r1.rl.loss import divergence, gain, spoken
from vtc_r1.rl.recipe import GrpoRecipe
from vtc_r1.rl.samples import Sample
from vtc_r1.sft.packing import IGNORED, Packer

_FULL = ("out of memory", "not enough memory", "can't allocate")


@dataclass(frozen=True)
class Learned:
    """Figures of the optimiser steps on one batch of solves."""

    tokens: int  #: trained in each
    loss: float  #: of the last one, a mean over tokens
    entropy: float  #: of the first one, in nats a token
    clipped: float  #: share of tokens in the last one that the bound kept from a gradient
    divergence: float  #: from the model at the start, in nats a token; 0 without `kl`
    norm: float  #: of the last gradient, before clipping
    apart: float  #: mean absolute difference of log-probabilities in the first one from those sampled


class Learner:
    """Trains a network.

    Args:
        recipe: the recipe.
        network: what is trained.
        packer: makes batches.
        reference: the network as it was at the start; None without `kl`.
    """

    def __init__(self, recipe: GrpoRecipe, network: Any, packer: Packer, reference: Any = None) -> None:
        self.recipe, self.network, self.packer, self.reference = recipe, network, packer, reference
        self.optimizer = torch.optim.AdamW(
            [weight for weight in network.parameters() if weight.requires_grad],
            lr=recipe.learning_rate,
            betas=(0.9, recipe.beta2),
            weight_decay=recipe.weight_decay,
        )

    def learn(self, step: int, samples: Sequence[Sample], advantages: Sequence[float]) -> Learned:
        """Do the optimiser steps of step `step`, from 0.

        Raises TrainingError for a loss or gradient that is not finite, or if memory runs out; the weights are
        then those before this step or, with several `updates`, of one of its optimiser steps.
        """
        recipe = self.recipe
        rate = learning_rate(recipe, step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        passes = list(_passes(samples, recipe.pass_tokens))
        longest = max(len(sample.packed.ids) for sample in samples)
        self.network.train()
        with enough_memory(f"step {step + 1}, solves of up to {longest} tokens"):
            done = [self._update(step, samples, advantages, passes) for _ in range(recipe.updates)]
        first, last = done[0], done[-1]
        return Learned(
            tokens=last.tokens,
            loss=last.loss,
            entropy=first.entropy,
            clipped=last.clipped,
            divergence=last.divergence,
            norm=last.norm,
            apart=first.apart,
        )

    def _update(
        self, step: int, samples: Sequence[Sample], advantages: Sequence[float], passes: list[list[int]]
    ) -> Learned:
        self.optimizer.zero_grad(set_to_none=True)
        tokens, sums = sum(sample.tokens for sample in samples), np.zeros(5)
        for chosen in passes:
            sums += self._pass([samples[at] for at in chosen], [advantages[at] for at in chosen], tokens)
        norm = float(torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.max_grad_norm))
        loss, entropy, clipped, apart_from_start, apart = (sums / tokens).tolist()
        for name, value in (("loss", loss), ("gradient", norm)):
            if not math.isfinite(value):
                raise TrainingError(
                    f"step {step + 1}: the {name} is {value}, so nothing is published; lower the "
                    f"learning_rate ({self.recipe.learning_rate:g}) in another --out, or check the weights "
                    "that it starts from"
                )
        self.optimizer.step()
        return Learned(tokens, loss, entropy, clipped, apart_from_start, norm, apart)

    def _pass(self, samples: Sequence[Sample], advantages: Sequence[float], tokens: int) -> Any:
        """Add the gradient of some solves; returns sums over their tokens, in the order of `_update`."""
        recipe = self.recipe
        batch = self.packer.batch([sample.packed for sample in samples])
        device = self.network.device
        batch = {name: value.to(device) for name, value in batch.items()}
        labels = batch.pop("shift_labels")
        batch.pop("labels")
        mask = labels != IGNORED
        sampled = torch.zeros(labels.shape, device=device)
        for row, sample in enumerate(samples):
            sampled[row, : len(sample.logprobs)] = torch.from_numpy(sample.logprobs).to(device)
        chosen = labels.clamp_min(0)
        said = spoken(self._logits(self.network, batch), chosen, recipe.temperature)
        logprobs = torch.where(mask, said.logprobs, sampled)
        weights = torch.tensor(advantages, dtype=torch.float32, device=device)
        terms = gain(logprobs, sampled, weights, low=recipe.clip_low, high=recipe.clip_high)
        loss, away = terms.loss, torch.zeros_like(terms.loss)
        if self.reference is not None:
            with torch.no_grad():
                before = spoken(self._logits(self.reference, batch), chosen, recipe.temperature).logprobs
            away = divergence(logprobs, torch.where(mask, before, logprobs.detach()))
            loss = loss + recipe.kl * away
        total = loss[mask].sum()
        (total / tokens).backward()
        sums = (
            total,
            said.entropy[mask],
            terms.is_clipped[mask],
            away[mask],
            (logprobs - sampled)[mask].abs(),
        )
        return np.array([float(each.detach().double().sum()) for each in sums])

    def _logits(self, network: Any, batch: dict[str, Any]) -> torch.Tensor:
        kind = self.network.device.type
        with torch.autocast(kind, torch.bfloat16, enabled=self.recipe.precision == "bf16"):
            logits: torch.Tensor = network(**batch, use_cache=False).logits
        return logits


def learning_rate(recipe: GrpoRecipe, step: int) -> float:
    """Return the learning rate of step `step`, from 0: after warm-up by the recipe's schedule."""
    warm = recipe.warmup_steps
    if step < warm:
        return recipe.learning_rate * (step + 1) / (warm + 1)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    done = (step - warm) / max(1, recipe.steps - warm)
    if recipe.schedule == "linear":
        return recipe.learning_rate * (1 - done)
    return recipe.learning_rate * (1 + math.cos(math.pi * done)) / 2


def _passes(samples: Sequence[Sample], most: int) -> Iterator[list[int]]:
    """Yield the numbers of the samples of each pass: of about one length, `most` tokens in all."""
    chosen: list[int] = []
    for at in sorted(range(len(samples)), key=lambda at: len(samples[at].packed.ids)):
        if chosen and (len(chosen) + 1) * len(samples[at].packed.ids) > most:
            yield chosen
            chosen = []
        chosen.append(at)
    if chosen:
        yield chosen


@contextmanager
def enough_memory(what: str) -> Iterator[None]:
    """Turn an error for lack of memory into a TrainingError that names what it was for."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(word in str(error).lower() for word in _FULL):
            raise
        raise TrainingError(
            f"{what}: there is not enough memory ({first_line(error) or 'MemoryError'}); the last save is "
            "whole: lower pass_tokens, rows, groups or group_size in another --out"
        ) from error
