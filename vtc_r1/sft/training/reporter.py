"""Reports the trainer's losses."""

import time
from typing import Any

from transformers import TrainerCallback

from vtc_r1.sft.training.progress import Report, TrainingProgress

_SILENCE = 30.0
"""Seconds after which a step is reported although no loss is due."""


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
