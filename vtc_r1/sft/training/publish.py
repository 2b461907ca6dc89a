"""The finished checkpoint: whole weights, everything that lay beside those it began from, and a card."""

import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from vtc_r1.disk.whole import whole_folder
from vtc_r1.errors import StorageError, first_line
from vtc_r1.fitted import keep
from vtc_r1.renderers import load_profile
from vtc_r1.sft.training.card import RunSummary, card
from vtc_r1.sft.training.start import Start
from vtc_r1.sft.training.weights import base_of, gathered, rebuilt


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
                keep(fresh, summary.recipe.prompts, load_profile(summary.recipe.profile))
                (fresh / "README.md").write_text(card(summary), encoding="utf-8")
        except (OSError, RuntimeError, SafetensorError) as error:
            raise StorageError(
                f"{folder}: cannot be written ({first_line(error)}); the same command again writes it"
            ) from error
    trainer.accelerator.wait_for_everyone()
