"""What is watched at every step: whether its numbers are finite, and whether the run is to stop."""

import math
import os
import signal
import threading
import time
from collections.abc import Iterable
from typing import Any

import torch
from torch.distributed.tensor import DTensor
from transformers import TrainerCallback

from vtc_r1.errors import TrainingError
from vtc_r1.sft.training.loaders import ENDING
from vtc_r1.sft.training.progress import Report, TrainingStopped

_BURST = 1.0
"""Seconds in which several signals are one: `timeout` and launchers send each process two."""


class TrainingComplete(Exception):
    """The save that a run resumes from is that of its last step."""


class StepWatch(TrainerCallback):  # type: ignore[misc]
    """Ends a run before numbers that are not finite reach its weights, and after a signal with a save.

    Args:
        report: is told of a stop.

    Attributes:
        losses: of the passes of the present step, on their device.
        stopped: whether the run ended for a signal.
    """

    def __init__(self, report: Report) -> None:
        self.report, self.losses, self.stopped = report, list[torch.Tensor](), False
        self.trainer: Any = None
        self._asked, self._stops = -math.inf, False
        self._process = os.getpid()
        self._before: dict[int, Any] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Take over the signals that end a process, unless they are ignored, as below `nohup`."""
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._hear)

    def release(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    @property
    def _is_asked(self) -> bool:
        """Whether the run is asked to stop."""
        return self._asked > -math.inf

    def _hear(self, number: int, frame: Any) -> None:
        if os.getpid() != self._process:
            return  # a process that prepares batches, before it ignores signals
        now = time.monotonic()
        if self._is_asked:
            if now - self._asked > _BURST:
                raise KeyboardInterrupt
            return
        self._asked = now
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
        asked = torch.tensor(float(self._is_asked))
        mine = torch.stack([value.float().to(loss.device) for value in (loss, gradient, asked)])
        self.losses = []
        loss, gradient, asked = self.trainer.accelerator.reduce(mine).tolist()
        self._stops = asked > 0
        for name, value in (("loss", loss), ("gradient", gradient)):
            if not math.isfinite(value):
                raise not_finite(f"step {state.global_step + 1}: the {name} is {value}", args.learning_rate)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Save where the run is to stop; after its last step it is published instead."""
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
