"""The whole weights of a model in training, wherever they lie, and the finished checkpoint."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from vtc_r1.disk.whole import whole_folder
from vtc_r1.errors import StorageError, first_line
from vtc_r1.sft.training.card import RunSummary, card
from vtc_r1.sft.training.lora import merged
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.start import Start

if TYPE_CHECKING:
    import torch


def base_of(trainer: Any) -> Any:
    """Return the model itself, without what wraps it to train it; adapters stay in it."""
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
    """Return a model like `model` that holds the weights `state` and nothing else, on another device."""
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
    """Place of the library's own class among a model's classes; sharding puts another before it."""
    return next(
        at for at, kind in enumerate(type(model).__mro__) if kind.__module__.startswith("transformers.models")
    )


def publish(trainer: Any, start: Start, summary: RunSummary, folder: Path) -> None:
    """Write the checkpoint beside its place, then move it there; every process must come here.

    Adapters are merged into the weights. Raises StorageError.
    """
    import torch

    state = gathered(trainer, summary.recipe)
    if state is not None:
        try:
            with whole_folder(folder) as fresh:
                model = rebuilt(base_of(trainer), state, getattr(torch, summary.recipe.save_as), "cpu")
                model.save_pretrained(fresh)
                for path in start.processors():
                    shutil.copyfile(path, fresh / path.name)
                (fresh / "README.md").write_text(card(summary), encoding="utf-8")
        except (OSError, RuntimeError, SafetensorError) as error:
            raise StorageError(
                f"{folder}: cannot be written ({first_line(error)}); the same command again writes it"
            ) from error
    trainer.accelerator.wait_for_everyone()
