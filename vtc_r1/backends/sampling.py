"""The next token of each request, from its logits."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from vtc_r1.backends.base import Request
from vtc_r1.configuration import Sampling

if TYPE_CHECKING:
    import torch

Chooser = Callable[["torch.Tensor", list[int]], int]
"""Chooses a token from logits of shape (vocabulary,), which it may change, and the tokens so far."""


def is_greedy(sampling: Sampling) -> bool:
    """Tell whether the most likely token is always chosen; without a temperature it is."""
    return not sampling.temperature and not sampling.presence_penalty


def chooser(sampling: Sampling, device: str) -> Chooser:
    """Return the function that chooses the tokens of one request, with a random generator of its own."""
    import torch

    generator = torch.Generator(device)
    if sampling.seed is not None:
        generator.manual_seed(sampling.seed)
    else:
        generator.seed()

    def choose(logits: "torch.Tensor", seen: list[int]) -> int:
        if sampling.presence_penalty and seen:
            logits[torch.tensor(sorted(set(seen)), device=logits.device)] -= sampling.presence_penalty
        if not sampling.temperature:
            return int(logits.argmax())
        logits, order = torch.sort(logits / sampling.temperature, descending=True)
        chances = logits.softmax(-1)
        keep = (chances.cumsum(-1) - chances) < (1 if sampling.top_p is None else sampling.top_p)
        if (most := sampling.top_k or -1) > 0:
            keep &= torch.arange(len(keep), device=keep.device) < most
        return int(order[torch.multinomial(chances * keep, 1, generator=generator)])

    return choose


def recorded_logprobs(logits: "torch.Tensor", requests: Sequence[Request]) -> "torch.Tensor | None":
    """Return log-probabilities of shape (rows, vocabulary), each row at its own temperature.

    None if no request records its tokens. They are taken before any penalty and any limit by top-p or top-k.
    """
    if not any(request.record_tokens for request in requests):
        return None
    heat = [request.sampling.temperature or 1.0 for request in requests]
    return (logits / logits.new_tensor(heat)[:, None]).log_softmax(-1)
