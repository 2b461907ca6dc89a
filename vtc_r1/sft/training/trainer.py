"""`transformers.Trainer` with our order of examples, marks for complete saves, and sharding on CPUs."""

import math
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from vtc_r1.errors import StorageError, first_line
from vtc_r1.sft.training.folder import mark
from vtc_r1.sft.training.muon import for_model
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.sharding import shard_on_cpu

_PATIENCE = 24 * 3600
"""Timeout in seconds between processes: while one of them evaluates, the others wait."""


class SegmentTrainer(transformers.Trainer):  # type: ignore[misc]
    """Trains on the target of every example.

    Args:
        order: yields the numbers of the examples of an epoch.
        muon: use the Muon optimiser.
        options: options of Trainer.
    """

    optimizer: Any

    def __init__(self, order: Any, *, muon: bool = False, **options: Any) -> None:
        self._order, self._muon = order, muon
        super().__init__(**options)

    def create_accelerator_and_postprocess(self) -> None:
        """Create the accelerator, and enable sharding if requested."""
        super().create_accelerator_and_postprocess()
        if shard_on_cpu(self.accelerator):
            self.is_fsdp_enabled = True

    def create_optimizer(self, model: Any = None) -> Any:
        """Make the optimiser."""
        if self._muon and self.optimizer is None:
            training_arguments = self.args
            self.optimizer = for_model(
                self.model if model is None else model,
                lr=training_arguments.learning_rate,
                betas=(training_arguments.adam_beta1, training_arguments.adam_beta2),
                weight_decay=training_arguments.weight_decay,
                fused=True,
            )
        return super().create_optimizer(model)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self._order

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save, and mark the save once it is complete; raises StorageError."""
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        try:
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                mark(folder)
        except (OSError, RuntimeError, SafetensorError) as error:
            raise StorageError(
                f"{folder}: cannot be written ({first_line(error)}); "
                "run the same command again to resume from the save before it"
            ) from error


def arguments(recipe: Recipe, work: Path, examples: int) -> transformers.TrainingArguments:
    """Return the Trainer's arguments for a recipe and a number of examples.

    A curriculum's items are whole batches, so its batch size is 1 here.
    """
    on_cpu = not torch.accelerator.is_available()
    training_arguments = transformers.TrainingArguments(
        output_dir=str(work),
        per_device_train_batch_size=1 if recipe.curriculum else recipe.batch,
        gradient_accumulation_steps=recipe.accumulation,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        adam_beta2=recipe.beta2,
        weight_decay=recipe.weight_decay,
        optim="adamw_torch_fused",
        max_grad_norm=recipe.max_grad_norm,
        bf16=recipe.precision == "bf16",
        use_cpu=on_cpu,
        max_steps=1,
        save_steps=recipe.save_steps,
        save_total_limit=recipe.keep,
        logging_steps=recipe.log_steps,
        report_to=list(recipe.report_to) or "none",
        run_name=recipe.name,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=not on_cpu,
        dataloader_num_workers=recipe.workers,
        ddp_timeout=_PATIENCE,
        seed=recipe.seed,
    )
    if recipe.steps is not None:
        training_arguments.max_steps = recipe.steps
    else:
        passes = math.ceil(examples / (recipe.batch * training_arguments.world_size))
        training_arguments.max_steps = max(1, round(recipe.epochs * math.ceil(passes / recipe.accumulation)))
    training_arguments.warmup_steps = round(recipe.warmup * training_arguments.max_steps)
    return training_arguments
