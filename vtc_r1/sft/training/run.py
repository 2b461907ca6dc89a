"""A training run from its recipe to a published checkpoint."""

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

from vtc_r1.errors import StorageError, first_line, require
from vtc_r1.sft.training.dataset import TrainingData
from vtc_r1.sft.training.folder import TrainingFolder, last_save, step_of
from vtc_r1.sft.training.progress import Report, TrainingStarted
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.trackers import check_installed


def train(recipe: Recipe, out: Path, report: Report) -> Path:
    """Train in `out`, resuming from its last save; return the folder of the finished checkpoint.

    Every process of a distributed launch calls it. Everything is validated before weights are loaded.

    Raises:
        MissingExtra: torch, transformers, accelerate or, for built data, pyarrow is not installed.
        RecipeError: the data does not match the recipe.
        DataError: a data set is missing, unfinished or damaged.
        UsageError: `out` holds something else, or another run.
        CheckpointError: the checkpoint to start from cannot be loaded, or is of another family.
        TrainingError: a loss or the weights are not finite; nothing is published.
        StorageError: `out` cannot be written, for instance because the disk is full.
    """
    _check_libraries(recipe)
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    data = None if recipe.curriculum else TrainingData(recipe)
    identity = {} if data is None else data.identity()
    with TrainingFolder(out, recipe, identity, is_main=is_main()) as folder:
        if not folder.is_finished:
            try:
                # DeepSpeed, where installed, logs to standard output, where callers expect only the folder
                with redirect_stdout(sys.stderr):
                    _train(recipe, data, folder, report)
            except OSError as error:
                raise StorageError(
                    f"{out}: {first_line(error)}; run the same command again to resume"
                ) from error
    return folder.checkpoint


def _train(recipe: Recipe, data: TrainingData | None, folder: TrainingFolder, report: Report) -> None:
    from vtc_r1.sft.training.prepare import prepare
    from vtc_r1.sft.training.run_summary import summary_of
    from vtc_r1.sft.training.weights import publish

    ready = prepare(recipe, data, folder.work, report)
    trainer, save = ready.trainer, last_save(folder.work)
    if trainer.is_world_process_zero():
        report(
            TrainingStarted(
                steps=trainer.args.max_steps,
                examples=ready.examples,
                left_out=0 if data is None else data.left_out,
                trained=ready.trained,
                weights=ready.weights,
                resumed_from=step_of(save) if save else 0,
                notes=tuple(ready.notes),
            )
        )
    trainer.train(save)
    publish(trainer, ready.start, summary_of(ready, recipe, data), folder.checkpoint)


def _check_libraries(recipe: Recipe) -> None:
    """Raise MissingExtra or UsageError if a package that the recipe needs is not installed."""
    needed = ["torch", "transformers", "accelerate"]
    needed += ["peft"] if recipe.lora else []
    needed += [] if recipe.curriculum else ["pyarrow"]
    require(*needed, extra="train", what="training")
    check_installed(recipe.report_to)


def is_main() -> bool:
    """Return whether this is the first process of a launch, or the only one without a launch."""
    return os.environ.get("RANK", "0") == "0"
