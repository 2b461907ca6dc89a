"""Muon: orthogonalised momentum for the matrices of the layers, AdamW for everything else.

Jordan et al., 2024, https://kellerjordan.github.io/posts/muon; scaled as in Liu et al., arXiv 2502.16982, so
that AdamW's learning rates apply. `torch.optim.Muon` orthogonalises one matrix at a time in bfloat16: on a
CPU that has to emulate it, this takes longer than the rest of a step.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch

_COEFFICIENTS = 3.4445, -4.7750, 2.0315
"""Coefficients, by Jordan et al., of the polynomial that moves singular values towards 1."""
_STEPS = 5
_SCALE = 0.2
"""Root mean square of an update of AdamW."""


class Muon(torch.optim.AdamW):  # type: ignore[misc]
    """AdamW, except for the matrices.

    Args:
        matrices: weights of two axes, each a linear layer's.
        others: the other weights; they do not decay.
        momentum: of the matrices.
        options: options of AdamW; the matrices use its learning rate and weight decay.
    """

    param_groups: list[dict[str, Any]]

    def __init__(
        self,
        matrices: Iterable[torch.nn.Parameter],
        others: Iterable[torch.nn.Parameter],
        *,
        momentum: float = 0.95,
        **options: Any,
    ) -> None:
        groups: list[dict[str, Any]] = [
            {"params": list(others), "weight_decay": 0.0},
            {"params": list(matrices), "momentum": momentum},
        ]
        super().__init__([group for group in groups if group["params"]], **options)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: Any = None) -> Any:
        """Take a step."""
        every = self.param_groups
        self.param_groups = [group for group in every if "momentum" not in group]
        try:
            loss = super().step(closure)
        finally:
            self.param_groups = every
        for group in every:
            if "momentum" in group:
                self._step_matrices(group)
        return loss

    def _step_matrices(self, group: dict[str, Any]) -> None:
        alike: dict[torch.Size, list[torch.nn.Parameter]] = defaultdict(list)
        for weight in group["params"]:
            if weight.grad is not None:
                alike[weight.shape].append(weight)
        for shape, weights in alike.items():
            moved = torch.stack([self._momentum(weight, group["momentum"]) for weight in weights])
            updates = orthogonal(moved).mul_(_SCALE * max(shape) ** 0.5).unbind()
            torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
            torch._foreach_add_(weights, updates, alpha=-group["lr"])

    def _momentum(self, weight: torch.nn.Parameter, decay: float) -> torch.Tensor:
        """Update and return Nesterov's momentum of a weight."""
        assert weight.grad is not None
        state = self.state[weight]
        if not state:
            # AdamW looks for `step` in every state that it loads.
            state |= {"step": torch.tensor(0.0), "momentum": torch.zeros_like(weight)}
        state["step"] += 1
        state["momentum"].lerp_(weight.grad, 1 - decay)
        return weight.grad.lerp(state["momentum"], decay)


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """Return the nearest matrices with all singular values near 1, shape (count, high, wide)."""
    high, wide = matrices.shape[1:]
    found = matrices if high <= wide else matrices.mT
    found = found / (found.norm(dim=(1, 2), keepdim=True) + 1e-7)
    first, third, fifth = _COEFFICIENTS
    for _ in range(_STEPS):
        square = found @ found.mT
        found = first * found + (third * square + fifth * (square @ square)) @ found
    return found if high <= wide else found.mT


def for_model(model: torch.nn.Module, **options: Any) -> Muon:
    """Return the optimiser of a model: embeddings, convolutions, norms and biases are AdamW's."""
    linear = {id(module.weight) for module in model.modules() if isinstance(module, torch.nn.Linear)} - {
        id(module.weight) for module in model.modules() if isinstance(module, torch.nn.Embedding)
    }
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    matrices = [weight for weight in trained if id(weight) in linear]
    others = [weight for weight in trained if id(weight) not in linear]
    return Muon(matrices, others, **options)
