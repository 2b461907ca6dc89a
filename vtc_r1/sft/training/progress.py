"""Progress events of a training run."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingProgress:
    """State of a training run, reported every few steps."""

    step: int
    steps: int
    loss: float | None  #: mean since the last report; None if no loss is due
    seconds: float  #: wall time of this run since it started or resumed
    done_here: int  #: steps done in this run since it started or resumed


@dataclass(frozen=True)
class EvaluationFinished:
    """Held-out problems solved by the loop at one step."""

    step: int
    problems: int
    right: int
    iterations: float  #: mean iterations of a solve
    seconds: float
    failed: int = 0  #: solves that failed; they count as wrong
    error: str = ""  #: error of the first of them


@dataclass(frozen=True)
class TrainingStarted:
    """A run starts."""

    steps: int
    examples: int
    left_out: int  #: examples over the cutoff
    trained: int
    """Number of trained weights."""
    weights: int
    resumed_from: int  #: step of the save from which the run resumes, 0 for none
    notes: tuple[str, ...] = ()  #: remarks on the data


@dataclass(frozen=True)
class TrainingStopped:
    """A signal ends a run."""

    saved: int | None  #: step that was saved; None while the present step is finished first


Event = TrainingStarted | TrainingProgress | EvaluationFinished | TrainingStopped
Report = Callable[[Event], None]
