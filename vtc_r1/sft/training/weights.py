"""The full weights of a model in training, also if it is sharded or wrapped."""

from typing import TYPE_CHECKING, Any

from vtc_r1.sft.training.lora import merged
from vtc_r1.sft.training.recipe import Recipe

if TYPE_CHECKING:
    import torch


def base_of(trainer: Any) -> Any:
    """Return the model without its training wrappers; adapters stay in it."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def gathered(trainer: Any, recipe: Recipe) -> "dict[str, torch.Tensor] | None":
    """Return the weights as those of a model without adapters, on the main process; None on the others.

    All processes must call it.
    """
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    if not trainer.is_world_process_zero():
        return None
    return merged(state, recipe.lora) if recipe.lora else dict(state)


def rebuilt(
    model: Any, state: "dict[str, torch.Tensor]", dtype: "torch.dtype", device: "str | torch.device"
) -> Any:
    """Return a plain model like `model` with the weights `state`, on another device."""
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):
        fresh = type(model).__mro__[_plain_class(model)](model.config)
    cast = {
        name: weight.to(device, dtype if weight.is_floating_point() else weight.dtype)
        for name, weight in state.items()
    }
    fresh.load_state_dict(cast, strict=True, assign=True)
    fresh.tie_weights()
    fresh.generation_config = model.generation_config
    fresh.config.get_text_config().use_cache = True
    return fresh.to(device).eval()


def _plain_class(model: Any) -> int:
    """Index of the library's own class among a model's classes; sharding puts another before it."""
    return next(
        at for at, kind in enumerate(type(model).__mro__) if kind.__module__.startswith("transformers.models")
    )
