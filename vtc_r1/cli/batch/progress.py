"""Progress of a batch, and the outcome of its questions."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vtc_r1.cli.batch.rows import BatchQuestion
from vtc_r1.cli.causes import Reasons, listed
from vtc_r1.cli.terminal.progress import JobProgress, clock
from vtc_r1.counted import count
from vtc_r1.trace import Status, Trace


@dataclass
class BatchProgress:
    """Counts of a batch.

    Attributes:
        batch: the file of questions.
        questions: those in it.
        warned: warnings that hold for every answer, printed before the first.
        done: questions that are done.
        answered: how many of those have an answer.
    """

    batch: Path
    questions: Sequence[BatchQuestion]
    warned: frozenset[str] = frozenset()
    done: int = 0
    answered: int = 0
    _failed: int = 0
    _owed: int = 0
    _solved: int = 0
    _doubtful: Counter[str] = field(default_factory=Counter)
    _unanswered: dict[Status, list[int]] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._reasons = Reasons(self.batch)

    def count(self, at: int, trace: Trace, *, solved: bool = False) -> None:
        """Count the question at a position; `solved` where it was by this command."""
        line = self.questions[at].line
        self.done, self._solved = self.done + 1, self._solved + solved
        self.answered += trace.answer is not None
        self._owed += trace.is_owed
        if solved:
            self._doubtful.update(sentence for sentence in trace.warnings if sentence not in self.warned)
        if trace.status == "failed":
            self._failed += 1
            self._reasons.add(trace.cause, trace.error, line)
        elif trace.answer is None:
            self._unanswered.setdefault(trace.status, []).append(line)

    @property
    def shown(self) -> JobProgress:
        """What the progress display shows."""
        parts = [f"{self.answered} answered"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        left = len(self.questions) - self.done
        if self._solved and left:
            parts.append(f"{clock(left * (time.monotonic() - self._began) / self._solved)} left")
        return JobProgress(self.done, len(self.questions), " · ".join(parts))

    def doubts(self) -> list[str]:
        """List warnings about single answers of this command, besides those that hold for all of them."""
        return [
            f"{times} of {self._solved} solves: {sentence}"
            for sentence, times in self._doubtful.most_common()
        ]

    def again(self, failed: Mapping[int, Trace]) -> str:
        """Describe which failures are solved again."""
        reasons = Reasons(self.batch)
        for at, trace in failed.items():
            reasons.add(trace.cause, trace.error, self.questions[at].line)
        return f"{len(failed)} that failed are solved again: {reasons.counts()}"

    def ending(self, out: Path, *, stopped: bool) -> list[str]:
        """Describe how it ended: failures by reason, and what running the command again would do."""
        total = len(self.questions)
        report = [f"{self.answered} of {total} answered, traces in {out}", *self._reasons.lines()]
        report += [
            f"{len(lines)} without an answer, {status} ({listed(self.batch, lines)})"
            for status, lines in self._unanswered.items()
        ]
        if stopped:
            left = f"the {total - self.done} questions that are left are not spent on it"
            report.append(f"stopped, as the server failed the last solves one after another: {left}")
        if owed := self._owed + total - self.done:
            report.append(f"run the same command again to solve what is left: {count(owed, 'question')}")
        if lasting := self._failed - self._owed:
            report.append(f"{lasting} failed for a cause that lasts: --retry-failed solves again")
        if self.answered < self.done:
            report.append(f"vtc-r1 view {out} lists all of them")
        return report
