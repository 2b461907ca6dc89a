"""The full weights of a model in training, also if it is sharded or wrapped, and the finished checkpoint."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from vtc_r1.disk.atomic import atomic_folder
from vtc_r1.errors import StorageError, TrainingError, first_line
from vtc_r1.fitted import keep
from vtc_r1.renderers import load_profile
from vtc_r1.sft.training.card import RunSummary, card
from vtc_r1.sft.training.lora import merged
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.start import Start

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

    with _unsharded(), init_empty_weights(include_buffers=False):
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


@contextmanager
def _unsharded() -> Iterator[None]:
    """Let a model be built whole: under ZeRO-3, transformers would spread the weights of every new one."""
    from transformers.integrations import deepspeed

    live = deepspeed._hf_deepspeed_config_weak_ref
    configuration = None if live is None else live()
    deepspeed.unset_hf_deepspeed_config()
    try:
        yield
    finally:
        if configuration is not None:
            deepspeed.set_hf_deepspeed_config(configuration)


def _plain_class(model: Any) -> int:
    """Index of the library's own class among a model's classes; sharding puts another before it."""
    return next(
        at for at, kind in enumerate(type(model).__mro__) if kind.__module__.startswith("transformers.models")
    )


def publish(trainer: Any, start: Start, summary: RunSummary, folder: Path) -> None:
    """Write the checkpoint under a temporary name, then rename it; every process must call it.

    Adapters are merged into the weights. Raises StorageError, and TrainingError if weights are not finite.
    """
    import torch

    state = gathered(trainer, summary.recipe)
    if state is not None:
        recipe = summary.recipe
        model = rebuilt(base_of(trainer), state, getattr(torch, recipe.save_as), "cpu")
        write_checkpoint(model, folder, start, recipe.prompts, recipe.profile, card(summary))
    trainer.accelerator.wait_for_everyone()


def write_checkpoint(model: Any, folder: Path, start: Start, prompts: str, profile: str, card: str) -> None:
    """Write a finished checkpoint under a temporary name, then rename it.

    Args:
        model: its weights, in the type in which they are saved.
        folder: where it goes.
        start: has its other files.
        prompts: prompt set that is kept beside it.
        profile: render profile that is kept beside it.
        card: text of its model card.

    Raises StorageError, and TrainingError if weights are not finite.
    """
    try:
        with atomic_folder(folder) as fresh:
            check_finite(model, folder)
            model.save_pretrained(fresh)
            for path in start.processors():
                shutil.copyfile(path, fresh / path.name)
            keep(fresh, prompts, load_profile(profile))
            (fresh / "README.md").write_text(card, encoding="utf-8")
    except (OSError, RuntimeError, SafetensorError) as error:
        raise StorageError(
            f"{folder}: cannot be written ({first_line(error)}); run the same command again to write it"
        ) from error


def check_finite(model: Any, folder: Path) -> None:
    """Raise TrainingError if a weight is NaN or infinite in the type in which it would be saved."""
    every = model.state_dict()
    broken = [name for name, weight in every.items() if not weight.isfinite().all()]
    if broken:
        raise TrainingError(
            f"{folder}: is not published: {len(broken)} of {len(every)} tensors are not finite as "
            f"{str(model.dtype).removeprefix('torch.')}, the first is {broken[0]}; "
            "train in another --out with a lower learning_rate, or save_as=float32"
        )
