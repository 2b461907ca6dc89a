"""Trackers of training runs: which are usable, and reporting a run to them without transformers' Trainer."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1.errors import UsageError, first_line
from vtc_r1.sft.training.recipe import RunRecipe, Tracker

if TYPE_CHECKING:
    from transformers import TrainerCallback

ACCURACY, ITERATIONS, PROBLEMS = "eval_accuracy", "eval_iterations", "eval_problems"
"""Names of the figures from held-out problems."""


def check_installed(trackers: Sequence[Tracker]) -> None:
    """Raise UsageError for a tracker that is not installed."""
    for name in trackers:
        if find_spec(name) is None:
            raise UsageError(f"report_to: {name} is not installed: pip install {name}")


class Trackers:
    """Reports a run to trackers, with the calls that transformers' Trainer makes for one of its own.

    Args:
        trackers: their names.
        recipe: of the run; they keep it as its settings.
        work: folder for those that write files.
        model: the model; they keep its configuration.

    Raises UsageError if one cannot begin, for instance because it wants an account.
    """

    def __init__(self, trackers: Sequence[Tracker], recipe: RunRecipe, work: Path, model: Any) -> None:
        self._told: list[TrainerCallback] = []
        if not trackers:
            return
        import transformers
        from transformers.integrations import get_reporting_integration_callbacks

        self._arguments = transformers.TrainingArguments(
            output_dir=str(work), report_to=list(trackers), run_name=recipe.name, use_cpu=True
        )
        # What trackers show as the settings of a run are the Trainer's; those of this one are in its recipe.
        self._arguments.to_dict = lambda: recipe.model_dump(mode="json")
        self._state = transformers.TrainerState()
        self._control = transformers.TrainerControl()
        for name in trackers:
            try:
                (kind,) = get_reporting_integration_callbacks([name])
                tracker = kind()
                tracker.on_train_begin(self._arguments, self._state, self._control, model=model)
            except Exception as error:  # whatever another package's code raises
                self.close()
                raise UsageError(f"report_to: {name} cannot begin ({first_line(error)})") from error
            self._told.append(tracker)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Tell them figures of a step; names that begin with `eval_` are those of an evaluation."""
        for tracker in self._told:
            self._state.global_step = step
            tracker.on_log(self._arguments, self._state, self._control, logs=dict(values))

    def close(self) -> None:
        """Let them finish."""
        for tracker in self._told:
            tracker.on_train_end(self._arguments, self._state, self._control)
        self._told = []
