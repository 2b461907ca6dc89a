"""What is watched at every step: whether its numbers are finite, and whether the run is to stop."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch.distributed.tensor import DTensor
from transformers import TrainerCallback

from vtc_r1.errors import TrainingError
from vtc_r1.sft.training.progress import Report, TrainingStopped
from vtc_r1.sft.training.stopping import Stopping


class TrainingComplete(Exception):
    """The save that a run resumes from is that of its last step."""


class StepWatch(TrainerCallback):  # type: ignore[misc]
    """Ends a run before numbers that are not finite reach its weights, and after a signal with a save.

    Args:
        report: is told of a stop.

    Attributes:
        losses: of the passes of the present step, on their device.
        stopped: whether a signal ended the run.
    """

    def __init__(self, report: Report) -> None:
        self.report, self.losses, self.stopped = report, list[torch.Tensor](), False
        self.trainer: Any = None
        self._stopping, self._stops = Stopping(self._tell), False

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Take over the signals that end a process."""
        self._stopping.take()

    def release(self) -> None:
        """Give the signals back."""
        self._stopping.release()

    def _tell(self) -> None:
        if self.trainer.is_world_process_zero():
            self.report(TrainingStopped(None))

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """End a run that was killed after its last save: the trainer would take another step."""
        if state.global_step >= state.max_steps:
            raise TrainingComplete

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Raise TrainingError for a loss or gradient that is not finite, on every process."""
        loss = torch.stack(self.losses).sum()
        gradient = largest(weight.grad for weight in self.trainer.model.parameters())
        asked = torch.tensor(float(self._stopping.asked))
        mine = torch.stack([value.float().to(loss.device) for value in (loss, gradient, asked)])
        self.losses = []
        loss, gradient, asked = self.trainer.accelerator.reduce(mine).tolist()
        self._stops = asked > 0
        for name, value in (("loss", loss), ("gradient", gradient)):
            if not math.isfinite(value):
                raise not_finite(f"step {state.global_step + 1}: the {name} is {value}", args.learning_rate)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Save if the run is to stop; a run at its last step is published instead."""
        if self._stops and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = self.stopped = True


def not_finite(what: str, learning_rate: float) -> TrainingError:
    """Return the error of a run whose numbers are not finite."""
    return TrainingError(
        f"{what}, so nothing is published; lower the learning_rate ({learning_rate:g}) in another --out, "
        "or check the weights that it starts from"
    )


def largest(tensors: Iterable[torch.Tensor | None]) -> torch.Tensor:
    """Return the largest absolute value of some tensors, of this process's part of sharded ones.

    It is not finite if any value is not.
    """
    whole = [each for each in tensors if each is not None]
    local = [each.to_local() if isinstance(each, DTensor) else each for each in whole]
    parts = [each for each in local if each.numel()]
    if not parts:
        return torch.tensor(0.0)
    return torch.stack([norm.float() for norm in torch._foreach_norm(parts, float("inf"))]).max()
