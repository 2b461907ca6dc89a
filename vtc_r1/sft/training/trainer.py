"""`transformers.Trainer` with our order of examples, whole saves, sharding on a CPU, and our reports."""

import math
import os
import time
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from transformers import TrainerCallback

from vtc_r1.errors import StorageError, UsageError, first_line
from vtc_r1.sft.training.folder import mark
from vtc_r1.sft.training.loaders import outlive_signals
from vtc_r1.sft.training.muon import for_model
from vtc_r1.sft.training.progress import Report, TrainingProgress, TrainingStopped
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.steps import StepWatch, TrainingComplete, largest, not_finite

_SILENCE = 30.0  #: seconds after which a step is reported although no loss is due


class Reporter(TrainerCallback):  # type: ignore[misc]
    """Passes progress to `report`, on the main process."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.began, self.reported, self.first = 0.0, 0.0, 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Start the clock."""
        self.began, self.first = time.monotonic(), state.global_step
        self.reported = self.began

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Report a loss."""
        if logs and "loss" in logs:
            self._report(state, float(logs["loss"]))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Report a step if nothing was reported for long and no loss is due now."""
        if time.monotonic() - self.reported >= _SILENCE and not control.should_log:
            self._report(state, None)

    def _report(self, state: Any, loss: float | None) -> None:
        self.reported = time.monotonic()
        if state.is_world_process_zero:
            step = state.global_step
            self.report(
                TrainingProgress(step, state.max_steps, loss, self.reported - self.began, step - self.first)
            )


_PATIENCE = 24 * 3600  #: timeout in seconds between processes: while one of them evaluates, the others wait


class SegmentTrainer(transformers.Trainer):  # type: ignore[misc]
    """Trains on the target of every example.

    Args:
        order: yields the numbers of the examples of an epoch.
        watch: of the steps.
        muon: use the Muon optimiser.
        options: options of Trainer.
    """

    optimizer: Any

    def __init__(self, order: Any, watch: StepWatch, *, muon: bool = False, **options: Any) -> None:
        self._order, self._muon, self.watch = order, muon, watch
        super().__init__(**options)
        watch.trainer = self
        self.add_callback(watch)

    def train(self, save: Path | None) -> None:
        """Train, resuming from a save; raises KeyboardInterrupt once a run that was to stop is saved.

        Raises:
            TrainingError: a loss, a gradient or weights to be saved are not finite.
            StorageError: a save cannot be written.
        """
        try:
            super().train(resume_from_checkpoint=str(save) if save else None)
        except TrainingComplete:
            self.callback_handler.on_train_end(self.args, self.state, self.control)
        finally:
            self.watch.release()
        if self.watch.stopped:
            if self.is_world_process_zero():
                self.watch.report(TrainingStopped(self.state.global_step))
            raise KeyboardInterrupt

    def training_step(self, *words: Any, **options: Any) -> torch.Tensor:
        """Do a pass, and note its loss."""
        loss = super().training_step(*words, **options)
        self.watch.losses.append(loss)
        return loss

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
            )
        return super().create_optimizer(model)

    def get_train_dataloader(self) -> Any:
        """Return the batches, prepared by processes that leave it to this one when they end."""
        return outlive_signals(super().get_train_dataloader())

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self._order

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save, and mark the save once it is complete; raises TrainingError or StorageError."""
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        if not self.accelerator.reduce(largest(model.parameters()).to(self.args.device)).isfinite():
            raise not_finite(
                f"step {self.state.global_step}: weights are not finite", self.args.learning_rate
            )
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


def arguments(recipe: Recipe, work: Path) -> transformers.TrainingArguments:
    """Return the Trainer's arguments for a recipe, but for its steps, which `plan_steps` sets.

    A curriculum's items are whole batches, so its batch size is 1 here.
    """
    on_cpu = not torch.accelerator.is_available()
    by_deepspeed = launched_with("DEEPSPEED")
    return transformers.TrainingArguments(
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
        # With use_cpu accelerate ignores DeepSpeed; without a backend it takes several processes for one.
        use_cpu=on_cpu and not by_deepspeed,
        ddp_backend="gloo" if on_cpu and by_deepspeed else None,
        max_steps=1,
        save_steps=recipe.save_steps,
        save_total_limit=recipe.keep,
        logging_steps=recipe.log_steps,
        logging_nan_inf_filter=False,
        report_to=list(recipe.report_to) or "none",
        run_name=recipe.name,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=not on_cpu,
        dataloader_num_workers=recipe.workers,
        ddp_timeout=_PATIENCE,
        seed=recipe.seed,
    )


def plan_steps(training_arguments: Any, recipe: Recipe, examples: int) -> None:
    """Set steps and warm-up for a number of examples."""
    if recipe.steps is not None:
        training_arguments.max_steps = recipe.steps
    else:
        passes = math.ceil(examples / (recipe.batch * training_arguments.world_size))
        training_arguments.max_steps = max(1, round(recipe.epochs * math.ceil(passes / recipe.accumulation)))
    training_arguments.warmup_steps = round(recipe.warmup * training_arguments.max_steps)


def shard_on_cpu(accelerator: Any) -> bool:
    """Make an accelerator of several CPU processes honour a request for FSDP.

    Returns whether it was requested. Raises UsageError for FSDP 1, which needs a device of its own.
    """
    from accelerate import PartialState
    from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin

    state = accelerator.state
    if not launched_with("FSDP") or state.distributed_type != DistributedType.MULTI_CPU:
        return False
    plugin = FullyShardedDataParallelPlugin()
    if plugin.fsdp_version != 2:
        raise UsageError("FSDP on a CPU needs version 2: fsdp_version: 2 in the accelerate configuration")
    if accelerator.mixed_precision != "no":
        plugin.set_mixed_precision(accelerator.mixed_precision)
    state.distributed_type = DistributedType.FSDP
    state.fsdp_plugin = plugin
    PartialState._shared_state["distributed_type"] = state.distributed_type  # every new state copies it
    return True


def launched_with(name: str) -> bool:
    """Return whether the launcher asks for `FSDP` or `DEEPSPEED`."""
    return os.environ.get(f"ACCELERATE_USE_{name}", "false").lower() == "true"


def is_sharded(model: Any) -> bool:
    """Return whether the model is sharded, so that no process holds all of it: FSDP, or ZeRO-3."""
    from torch.distributed.tensor import DTensor

    return any(isinstance(weights, DTensor) or hasattr(weights, "ds_id") for weights in model.parameters())
