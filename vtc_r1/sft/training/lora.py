"""Low-rank adapters on the language model, and the merged weights."""

import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vtc_r1.errors import MissingExtra, RecipeError
from vtc_r1.sft.training.recipe import Lora

if TYPE_CHECKING:
    import torch

_BASE, _WRAPPED = "base_model.model.", ".base_layer."
_ADAPTER = re.compile(r"(.+)\.lora_([AB])\.default\.weight")


def adapted(model: Any, recipe: Lora) -> Any:
    """Add adapters to the language model; everything else is frozen.

    Raises:
        MissingExtra: peft is not installed.
        RecipeError: none of the named layers exists.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise MissingExtra("peft", "train", "lora") from error
    names = "|".join(re.escape(name) for name in recipe.targets)
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=rf".*language_model\..*\.({names})",
        bias="none",
        task_type="CAUSAL_LM",
    )
    try:
        with warnings.catch_warnings():
            # peft uses a deprecated name of transformers; users cannot do anything about the warning
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            return get_peft_model(model, config)
    except ValueError as error:
        raise RecipeError(
            f"lora.targets: no layer of the language model is named {', '.join(recipe.targets)}"
        ) from error


def merged(state: "Mapping[str, torch.Tensor]", recipe: Lora) -> "dict[str, torch.Tensor]":
    """Return the weights in `state` with its adapters merged, as those of a model without adapters.

    Each adapted weight W becomes W + B·A·alpha/rank, in fp32.
    """
    scale = recipe.alpha / recipe.rank
    adapters: dict[str, dict[str, torch.Tensor]] = {}
    weights: dict[str, torch.Tensor] = {}
    for name, weight in state.items():
        plain = name.removeprefix(_BASE)
        if found := _ADAPTER.fullmatch(plain):
            adapters.setdefault(found[1], {})[found[2]] = weight.float()
        else:
            weights[plain.replace(_WRAPPED, ".")] = weight
    for name, pair in adapters.items():
        weights[f"{name}.weight"] = weights[f"{name}.weight"].float() + pair["B"] @ pair["A"] * scale
    return weights
