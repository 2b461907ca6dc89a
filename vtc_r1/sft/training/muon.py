"""Muon for the matrices of the layers, AdamW for everything else, as one optimiser.

Jordan et al., 2024, https://kellerjordan.github.io/posts/muon; scaled as in Liu et al., arXiv 2502.16982, so
that AdamW's learning rates apply.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch

_ADAMW, _MUON = "adamw", "muon"


class MuonAdamW(torch.optim.Optimizer):  # type: ignore[misc]
    """Two optimisers that step together.

    Args:
        matrices: weights of two axes, each a linear layer's.
        others: the other weights; they do not decay.
        lr: learning rate of all.
        betas: of AdamW.
        weight_decay: of the matrices.
        momentum: of the matrices.

    Attributes:
        parts: the optimisers, by name; none without weights.
        param_groups: the groups of all parts, which schedulers change.
    """

    param_groups: list[dict[str, Any]]

    def __init__(
        self,
        matrices: Iterable[torch.nn.Parameter],
        others: Iterable[torch.nn.Parameter],
        *,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        adamw, muon = list(others), list(matrices)
        self.parts: dict[str, torch.optim.Optimizer] = {}
        if adamw:
            self.parts[_ADAMW] = torch.optim.AdamW(adamw, lr=lr, betas=betas, weight_decay=0.0, fused=True)
        if muon:
            self.parts[_MUON] = torch.optim.Muon(
                muon,
                lr=lr,
                weight_decay=weight_decay,
                momentum=momentum,
                adjust_lr_fn="match_rms_adamw",
            )
        super().__init__([*adamw, *muon], {"lr": lr})
        self._join()

    def _join(self) -> None:
        """Take over the groups of the parts themselves, so that both see what is changed in them."""
        self.param_groups = [group for part in self.parts.values() for group in part.param_groups]

    def step(self, closure: Any = None) -> Any:
        """Take a step; returns the loss of `closure`."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for part in self.parts.values():
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Return the state of every part, by its name."""
        return {name: part.state_dict() for name, part in self.parts.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load what `state_dict` returned, or what version 0.1.0 saved."""
        found = _converted(state_dict, self.parts) if "param_groups" in state_dict else state_dict
        for name, part in self.parts.items():
            part.load_state_dict(found[name])
        self._join()


def _converted(saved: Mapping[str, Any], parts: Mapping[str, torch.optim.Optimizer]) -> dict[str, Any]:
    """Return the states of the parts from a save of 0.1.0: one AdamW, with the momentum of the matrices."""
    found = {}
    for group in saved["param_groups"]:
        name = _MUON if "momentum" in group else _ADAMW
        (own,) = parts[name].state_dict()["param_groups"]
        kept = {key: group[key] for key in _KEPT if key in group and (key in own or key == "initial_lr")}
        states = enumerate(saved["state"].get(number) for number in group["params"])
        found[name] = {
            "param_groups": [{**own, **kept}],
            "state": {
                number: _renamed(state) if name == _MUON else state for number, state in states if state
            },
        }
    return found


_KEPT = ("lr", "initial_lr", "betas", "weight_decay", "momentum")


def _renamed(state: Mapping[str, Any]) -> dict[str, Any]:
    return {"momentum_buffer": state["momentum"]}


def for_model(model: torch.nn.Module, **options: Any) -> MuonAdamW:
    """Return the optimiser of a model: embeddings, convolutions, norms and biases are AdamW's."""
    linear = {id(module.weight) for module in model.modules() if isinstance(module, torch.nn.Linear)} - {
        id(module.weight) for module in model.modules() if isinstance(module, torch.nn.Embedding)
    }
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    matrices = [weight for weight in trained if id(weight) in linear]
    others = [weight for weight in trained if id(weight) not in linear]
    return MuonAdamW(matrices, others, **options)
