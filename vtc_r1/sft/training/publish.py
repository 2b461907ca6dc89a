"""The finished checkpoint: full weights, the other files of the starting checkpoint, and a card."""

import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from vtc_r1.disk.atomic import atomic_folder
from vtc_r1.errors import StorageError, first_line
from vtc_r1.sft.training.card import RunSummary, card
from vtc_r1.sft.training.start import Start
from vtc_r1.sft.training.weights import base_of, gathered, rebuilt


def publish(trainer: Any, start: Start, summary: RunSummary, folder: Path) -> None:
    """Write the checkpoint under a temporary name, then rename it; every process must call it.

    Adapters are merged into the weights. Raises StorageError.
    """
    import torch

    state = gathered(trainer, summary.recipe)
    if state is not None:
        try:
            with atomic_folder(folder) as fresh:
                model = rebuilt(base_of(trainer), state, getattr(torch, summary.recipe.save_as), "cpu")
                model.save_pretrained(fresh)
                for path in start.processors():
                    shutil.copyfile(path, fresh / path.name)
                (fresh / "README.md").write_text(card(summary), encoding="utf-8")
        except (OSError, RuntimeError, SafetensorError) as error:
            raise StorageError(
                f"{folder}: cannot be written ({first_line(error)}); run the same command again to write it"
            ) from error
    trainer.accelerator.wait_for_everyone()
