"""Train the embedded model from nothing: `vtc-r1 train nano --out runs/nano`.

Saves every few minutes; the same command after an interruption goes on from the last save. The
vision tower learns too, as there is no pretrained one to keep.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtc_r1.errors import CheckpointError, MissingExtra, StorageError, UsageError, first_line


@dataclass(frozen=True)
class NanoRecipe:
    """Hyper-parameters of the embedded model's training.

    Attributes:
        steps: optimiser steps.
        batch: traces a step, each with all of its segments; a page to read counts as one.
        learning_rate: peak, reached after `warmup` of the steps, then down to 0 by a cosine.
        warmup: share of the steps.
        seed: of the initial weights and of the data.
        start: checkpoint whose weights to start from; random ones without it.
        save_steps: optimiser steps between two saves.
        log_steps: optimiser steps between two reports.
    """

    steps: int = 15_000
    batch: int = 8
    learning_rate: float = 1.5e-3
    warmup: float = 0.02
    seed: int = 0
    start: str | None = None
    save_steps: int = 500
    log_steps: int = 50


@dataclass(frozen=True)
class Progress:
    """State of a training run, reported every few steps."""

    step: int
    steps: int
    loss: float
    seconds: float
    """Wall time of this run since it started or resumed."""
    done_here: int
    """Steps done in this run since it started or resumed."""


def train_nano(out: Path, recipe: NanoRecipe, report: Callable[[Progress], None]) -> Path:
    """Train in `out`, resuming what is there; return the folder of the finished checkpoint.

    Raises:
        MissingExtra: torch, transformers or accelerate is not installed.
        UsageError: `out` holds something else, or a run with another recipe.
        StorageError: `out` cannot be written.
        CheckpointError: the checkpoint to start from cannot be loaded.
    """
    try:
        import accelerate  # noqa: F401
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train", "training") from error
    from vtc_r1.backends.encoding import PromptEncoder
    from vtc_r1.sft import nano
    from vtc_r1.sft.batched_vision import batch_vision
    from vtc_r1.sft.curriculum import Curriculum
    from vtc_r1.sft.packing import Packer

    _claim(out, recipe)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    transformers.set_seed(recipe.seed)
    words = nano.tokenizer()
    model = _pretrained(recipe.start) if recipe.start else nano.model(words)
    work = out / "work"
    nano.write_processors(work, words)
    batch_vision(model)
    packer = Packer(PromptEncoder(work))
    data: Any = Curriculum(recipe.steps, recipe.batch, recipe.seed, packer, reads=recipe.start is not None)
    arguments = transformers.TrainingArguments(
        output_dir=str(work),
        max_steps=recipe.steps,
        per_device_train_batch_size=1,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=round(recipe.warmup * recipe.steps),
        adam_beta2=0.98,
        weight_decay=0.01,
        optim="adamw_torch_fused",
        max_grad_norm=1.0,
        train_sampling_strategy="sequential",
        save_steps=recipe.save_steps,
        save_total_limit=2,
        logging_steps=recipe.log_steps,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=1,
        dataloader_prefetch_factor=8,
        dataloader_pin_memory=False,
        seed=recipe.seed,
    )
    trainer = transformers.Trainer(
        model=model,
        args=arguments,
        train_dataset=data,
        data_collator=lambda batches: batches[0],
        callbacks=[_reporter(report)],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    last = transformers.trainer_utils.get_last_checkpoint(str(work))
    trainer.train(resume_from_checkpoint=last)
    return _publish(trainer.model, words, out / "checkpoint", torch.float16)


def _pretrained(checkpoint: str) -> Any:
    """Load weights to go on from; raises CheckpointError."""
    import torch
    from transformers import Qwen3VLForConditionalGeneration

    try:
        return Qwen3VLForConditionalGeneration.from_pretrained(checkpoint, dtype=torch.float32)
    except Exception as error:
        reason = first_line(error)
        raise CheckpointError(f"checkpoint {checkpoint} cannot be loaded: {reason}") from error


def _claim(out: Path, recipe: NanoRecipe) -> None:
    """Take `out` for this recipe, or refuse it."""
    note = out / "recipe.txt"
    try:
        if note.exists():
            if note.read_text(encoding="utf-8") != f"{recipe}\n":
                raise UsageError(f"{out}: holds a run with another recipe; choose another --out or delete it")
            return
        if out.exists() and any(out.iterdir()):
            raise UsageError(f"{out}: is not empty and holds no run of this recipe; choose another --out")
        (out / "work").mkdir(parents=True, exist_ok=True)
        note.write_text(f"{recipe}\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{out}: cannot be written ({error})") from error


def _reporter(report: Callable[[Progress], None]) -> Any:
    """Make a Trainer callback that hands progress to `report`."""
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.began, self.first = time.monotonic(), state.global_step

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if logs and "loss" in logs:
                step = state.global_step
                took = time.monotonic() - self.began
                report(Progress(step, state.max_steps, float(logs["loss"]), took, step - self.first))

    return Reporter()


def _publish(model: Any, words: Any, folder: Path, dtype: Any) -> Path:
    """Write the finished checkpoint whole: beside its place first, then moved there."""
    from vtc_r1.sft import nano

    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    model.config.use_cache = True
    model.to(dtype).save_pretrained(fresh)
    nano.write_processors(fresh, words)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return folder
