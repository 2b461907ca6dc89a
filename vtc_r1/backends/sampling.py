"""The next token of each request, from its logits."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from vtc_r1.configuration import Sampling

if TYPE_CHECKING:
    import torch

Chooser = Callable[["torch.Tensor", list[int]], int]
"""Picks a token from logits of shape (vocabulary,), which it may change, and the tokens picked so far."""


def is_greedy(sampling: Sampling) -> bool:
    """Tell whether the likeliest token is always the one that is picked."""
    return sampling.temperature == 0 and not sampling.presence_penalty


def chooser(sampling: Sampling, device: str) -> Chooser:
    """Make the function that picks the tokens of one request, with a generator of its own."""
    import torch

    generator = torch.Generator(device)
    if sampling.seed is not None:
        generator.manual_seed(sampling.seed)
    else:
        generator.seed()

    def choose(logits: "torch.Tensor", seen: list[int]) -> int:
        if sampling.presence_penalty and seen:
            logits[torch.tensor(sorted(set(seen)), device=logits.device)] -= sampling.presence_penalty
        if sampling.temperature == 0:
            return int(logits.argmax())
        logits, order = torch.sort(logits / sampling.temperature, descending=True)
        chances = logits.softmax(-1)
        keep = (chances.cumsum(-1) - chances) < sampling.top_p
        if sampling.top_k > 0:
            keep &= torch.arange(len(keep), device=keep.device) < sampling.top_k
        return int(order[torch.multinomial(chances * keep, 1, generator=generator)])

    return choose
