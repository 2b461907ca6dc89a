"""Losses on their way from the trainer to whoever watches."""

import time
from typing import Any

from transformers import TrainerCallback

from vtc_r1.sft.training.progress import Progress, Report


class Reporter(TrainerCallback):  # type: ignore[misc]
    """Hands progress to `report`, on the main process."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.began, self.first = 0.0, 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Start the clock."""
        self.began, self.first = time.monotonic(), state.global_step

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Report a loss."""
        if logs and "loss" in logs and state.is_world_process_zero:
            step, took = state.global_step, time.monotonic() - self.began
            done = step - self.first
            self.report(Progress(step, state.max_steps, float(logs["loss"]), took, done))
