"""Progress of a run: its events, their metrics for trackers, and the table with one row a step."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from vtc_r1.sft.training.trackers import ACCURACY, ITERATIONS, PROBLEMS

_HEADER_EVERY = 20  #: rows after which the header of the table is repeated


@dataclass(frozen=True)
class Started:
    """A run starts."""

    steps: int
    problems: int  #: to draw from
    held_out: int  #: problems to evaluate on
    trained: int  #: number of trained weights
    weights: int  #: number of all weights
    resumed_from: int  #: step of the save from which the run resumes, 0 for none


@dataclass(frozen=True)
class StepDone:
    """Metrics of one step; the means and `accuracy` are over its rewarded solves."""

    step: int
    steps: int
    solves: int  #: that were rewarded
    reward: float  #: mean
    accuracy: float  #: share of correct answers
    iterations: float  #: mean number of iterations of a solve
    completion_length: float  #: mean number of generated tokens of a solve, over all of its segments
    groups: int  #: that were solved
    groups_with_gradient: int  #: of them, those whose rewards differ
    groups_all_wrong: int  #: of them, those without a correct answer
    failures: int  #: solves that failed or could not be rewarded
    entropy: float  #: mean of the trained tokens, in nats
    clip_fraction: float  #: share of trained tokens whose gradient is clipped away
    kl: float  #: mean KL divergence from the reference model at a trained token, in nats; 0 without `kl`
    retokenization_drift: int  #: segments whose text, tokenised again, gives other tokens than were sampled
    sampling_logp_difference: float
    """Mean absolute difference between log-probabilities at sampling and at training."""
    grad_norm: float  #: before clipping
    rollout_seconds: float
    update_seconds: float


@dataclass(frozen=True)
class Score:
    """Held-out problems of one set."""

    name: str
    problems: int
    correct: int  #: number of correct answers
    iterations: float  #: mean number of iterations of a solve


@dataclass(frozen=True)
class Evaluated:
    """Held-out problems were solved, greedily."""

    step: int
    scores: tuple[Score, ...]
    seconds: float


@dataclass(frozen=True)
class Notice:
    """A line about a solve that failed or could not be rewarded; the run goes on."""

    line: str


@dataclass(frozen=True)
class Stopped:
    """A signal ends the run."""

    saved: int | None  #: step that was saved; None while the present one is finished first


Event = Started | StepDone | Evaluated | Notice | Stopped
Report = Callable[[Event], None]

_TRL_NAMES = {
    "completion_length": "completions/mean_length",
    "clip_fraction": "clip_ratio/region_mean",
    "sampling_logp_difference": "sampling/sampling_logp_difference/mean",
}
"""Names that TRL's GRPOTrainer gives to metrics in trackers, where they differ from those of `StepDone`.
With them, runs of both appear in the same charts."""


def metrics(event: Event) -> tuple[int, dict[str, float]] | None:
    """Return the step of an event and its metrics by their names in trackers; None if it has none."""
    match event:
        case StepDone():
            values: dict[str, float] = asdict(event)
            return event.step, {
                _TRL_NAMES.get(name, name): value
                for name, value in values.items()
                if name not in ("step", "steps")
            }
        case Evaluated():
            problems = sum(score.problems for score in event.scores)
            iterations = sum(score.iterations * score.problems for score in event.scores) / problems
            correct = sum(score.correct for score in event.scores)
            by_set = {
                f"{ACCURACY}_{score.name.replace(' ', '_')}": score.correct / score.problems
                for score in event.scores
            }
            return event.step, {
                ACCURACY: correct / problems,
                ITERATIONS: iterations,
                PROBLEMS: problems,
                **by_set,
            }
        case _:
            return None


_COLUMNS: tuple[tuple[str, int], ...] = (
    ("step", 9),
    ("reward", 7),
    ("accuracy", 8),
    ("iterations", 10),
    ("length", 7),
    ("groups", 7),
    ("all wrong", 9),
    ("entropy", 8),
    ("clip frac", 9),
    ("drift", 5),
    ("logp diff", 9),
    ("s", 5),
)


class ProgressTable:
    """Writes events as lines: steps as rows of a table."""

    def __init__(self) -> None:
        self._rows = 0

    def lines(self, event: Event) -> str:
        """Return the lines of an event."""
        match event:
            case StepDone():
                is_header_due = self._rows % _HEADER_EVERY == 0
                header = f"{_row([name for name, _ in _COLUMNS])}\n" if is_header_due else ""
                self._rows += 1
                return header + _row(_cells(event))
            case Started():
                resumed = f"  resuming from step {event.resumed_from}" if event.resumed_from else ""
                held_out = f", {event.held_out:,} held out" if event.held_out else ""
                share = f"{event.trained:,} of {event.weights:,} weights"
                return f"{event.steps:,} steps  {event.problems:,} problems{held_out}  {share}{resumed}"
            case Evaluated():
                self._rows = 0
                scores = "  ".join(f"{score.name} {score.correct}/{score.problems}" for score in event.scores)
                return f"step {event.step}  held out, correct: {scores}  {event.seconds:.0f} s"
            case Notice():
                return event.line
            case Stopped(saved=None):
                return "stopping after this step, which is saved; a second signal ends at once"
            case Stopped():
                return f"step {event.saved} is saved; run the same command again to resume"


def _cells(done: StepDone) -> list[str]:
    return [
        f"{done.step}/{done.steps}",
        f"{done.reward:.3f}",
        f"{done.accuracy:.0%}",
        f"{done.iterations:.2f}",
        f"{done.completion_length:.1f}",
        f"{done.groups_with_gradient}/{done.groups}",
        f"{done.groups_all_wrong}",
        f"{done.entropy:.4f}",
        f"{done.clip_fraction:.3%}",
        f"{done.retokenization_drift}",
        f"{done.sampling_logp_difference:.1e}",
        f"{done.rollout_seconds + done.update_seconds:.1f}",
    ]


def _row(cells: list[str]) -> str:
    return "  ".join(cell.rjust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
