"""Progress of a run, and how it is written: one row of a table a step."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from vtc_r1.sft.training.trackers import ACCURACY, ITERATIONS, PROBLEMS

_EVERY = 20  #: rows after which the head of the table stands again


@dataclass(frozen=True)
class Started:
    """A run starts."""

    steps: int
    problems: int  #: to draw from
    held_out: int  #: that are evaluated on
    trained: int
    """Number of trained weights."""
    weights: int
    resumed_from: int  #: step of the save from which the run resumes, 0 for none


@dataclass(frozen=True)
class StepDone:
    """Figures of one step."""

    step: int
    steps: int
    solves: int  #: that were rewarded
    reward: float  #: mean of a solve
    right: float  #: share of right answers
    iterations: float  #: mean of a solve
    tokens: float  #: mean of a solve, as generated
    groups: int  #: that were solved
    learning: int  #: of them, those with a gradient
    never: int  #: of them, those without any right answer
    faults: int  #: solves that failed or could not be rewarded
    entropy: float  #: nats a token
    clipped: float  #: share of tokens
    divergence: float  #: from the model at the start, nats a token
    drift: int  #: segments whose text, encoded again, is other tokens
    apart: float  #: mean absolute difference of log-probabilities, sampled and trained
    norm: float  #: of the gradient
    rolling: float  #: seconds of solving
    learned: float  #: seconds of training


@dataclass(frozen=True)
class Score:
    """Held-out problems of one set."""

    name: str
    problems: int
    right: int
    iterations: float  #: mean of a solve


@dataclass(frozen=True)
class Evaluated:
    """Held-out problems were solved, greedily."""

    step: int
    scores: tuple[Score, ...]
    seconds: float


@dataclass(frozen=True)
class Notice:
    """Something that should be known of a solve; the run goes on."""

    line: str


@dataclass(frozen=True)
class Stopped:
    """A signal ends the run."""

    saved: int | None  #: step that was saved; None while the present one is finished first


Event = Started | StepDone | Evaluated | Notice | Stopped
Report = Callable[[Event], None]


def figures(event: Event) -> tuple[int, dict[str, float]] | None:
    """Return the step of an event and its figures by name, as trackers get them; None if it has none."""
    match event:
        case StepDone():
            values: dict[str, float] = asdict(event)
            return event.step, {name: values[name] for name in values if name not in ("step", "steps")}
        case Evaluated():
            problems = sum(one.problems for one in event.scores)
            iterations = sum(one.iterations * one.problems for one in event.scores) / problems
            each = {
                f"{ACCURACY}_{one.name.replace(' ', '_')}": one.right / one.problems for one in event.scores
            }
            right = sum(one.right for one in event.scores)
            return event.step, {
                ACCURACY: right / problems,
                ITERATIONS: iterations,
                PROBLEMS: problems,
                **each,
            }
        case _:
            return None


_COLUMNS: tuple[tuple[str, int], ...] = (
    ("step", 9),
    ("reward", 7),
    ("right", 6),
    ("iterations", 10),
    ("tokens", 7),
    ("groups", 7),
    ("never", 5),
    ("entropy", 8),
    ("clipped", 8),
    ("drift", 5),
    ("apart", 8),
    ("s", 5),
)


class Lines:
    """Writes events as lines: the steps as rows of a table."""

    def __init__(self) -> None:
        self._rows = 0

    def of(self, event: Event) -> str:
        """Return the lines of an event."""
        match event:
            case StepDone():
                head = f"{_row([name for name, _ in _COLUMNS])}\n" if self._rows % _EVERY == 0 else ""
                self._rows += 1
                return head + _row(_cells(event))
            case Started():
                resumed = f"  resuming from step {event.resumed_from}" if event.resumed_from else ""
                held = f", {event.held_out:,} held out" if event.held_out else ""
                share = f"{event.trained:,} of {event.weights:,} weights"
                return f"{event.steps:,} steps  {event.problems:,} problems{held}  {share}{resumed}"
            case Evaluated():
                self._rows = 0
                each = "  ".join(f"{one.name} {one.right}/{one.problems}" for one in event.scores)
                return f"step {event.step}  held out, right: {each}  {event.seconds:.0f} s"
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
        f"{done.right:.0%}",
        f"{done.iterations:.2f}",
        f"{done.tokens:.1f}",
        f"{done.learning}/{done.groups}",
        f"{done.never}",
        f"{done.entropy:.4f}",
        f"{done.clipped:.3%}",
        f"{done.drift}",
        f"{done.apart:.1e}",
        f"{done.rolling + done.learned:.1f}",
    ]


def _row(cells: list[str]) -> str:
    return "  ".join(cell.rjust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
