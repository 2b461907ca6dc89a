"""`vtc-r1 solve --batch`: many questions, one JSON line of trace each, resumable; how far it is."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from vtc_r1.cli.batch.rows import BatchQuestion, forget, read_done, read_rows
from vtc_r1.cli.causes import Reasons, listed
from vtc_r1.cli.printable import printable
from vtc_r1.cli.show import warn
from vtc_r1.cli.terminal.loading import loading
from vtc_r1.cli.terminal.progress import JobProgress, ProgressDisplay, clock
from vtc_r1.counted import count
from vtc_r1.disk.access import writable
from vtc_r1.disk.lines import append_to, write_line
from vtc_r1.schedule import Streak
from vtc_r1.solver import Solver
from vtc_r1.trace import Status, Trace


@dataclass
class BatchProgress:
    """Counts."""

    batch: Path  #: the file of questions
    questions: Sequence[BatchQuestion]  #: those in it
    warned: frozenset[str] = frozenset()  #: warnings that hold for every answer, printed before the first
    done: int = 0  #: questions that are done
    answered: int = 0  #: how many of those have an answer
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


def solve_batch(
    solver: Solver,
    batch: Path,
    out: Path,
    *,
    context: Sequence[Path] = (),
    concurrency: int,
    quiet: bool,
    retry_failed: bool = False,
    check: Callable[[], None] | None = None,
) -> int:
    """Solve what `out` does not hold yet, and what failed there in passing; return the exit code.

    An interrupt keeps what is finished, and so does a server that stays away: the questions that are left
    are not spent on it.

    Args:
        solver: solves.
        batch: the questions.
        out: takes the traces.
        context: documents of every question.
        concurrency: solves in flight.
        quiet: say nothing but what went wrong.
        retry_failed: solve again whatever failed, for whatever cause.
        check: run before anything is solved, instead of the solver's own; it raises where nothing can be.
    """
    questions = read_rows(batch, context)
    for asked in questions:
        solver.check_attached(asked.attached)
    done = read_done(out, questions, solver)
    again = {at for at, trace in done.items() if trace.is_owed or (retry_failed and trace.status == "failed")}
    progress = BatchProgress(batch, questions, frozenset(solver.skeleton("").warnings))
    for at, trace in done.items():
        if at not in again:
            progress.count(at, trace)
    todo = [at for at in range(len(questions)) if at not in done or at in again]
    stopped = False
    if todo:
        with loading(solver.backend, quiet=quiet):
            (check or solver.check)()
        warn(sorted(progress.warned))
        if again and not quiet:
            print(progress.again({at: done[at] for at in again}), file=sys.stderr)
        forget(out, again)
        try:
            stopped = _solve(solver, todo, out, progress, concurrency=concurrency, quiet=quiet)
        except KeyboardInterrupt:
            print(
                f"{progress.done} of {len(questions)} are in {out}; run the same command again to resume",
                file=sys.stderr,
            )
            raise
    warn(progress.doubts())
    if progress.answered < len(questions) or not quiet:
        for line in progress.ending(out, stopped=stopped):
            print(printable(line), file=sys.stderr)
    return 0 if progress.answered == len(questions) else 1


def _solve(
    solver: Solver, todo: Sequence[int], out: Path, progress: BatchProgress, *, concurrency: int, quiet: bool
) -> bool:
    """Solve the questions at some positions; tell whether it stopped before the end."""
    streak = Streak(concurrency)
    traces = solver.map(
        (progress.questions[at].question for at in todo),
        concurrency=concurrency,
        contexts=lambda at: progress.questions[todo[at]].documents,
    )
    with (
        append_to(out) as file,
        ProgressDisplay(progress.batch.name, lambda: solver.waiting, quiet=quiet) as display,
        closing(traces),
    ):
        display.update(progress.shown)
        for trace in traces:
            assert trace.index is not None
            at = todo[trace.index]
            with writable(out):
                write_line(file, trace.model_copy(update={"index": at}).model_dump_json())
            progress.count(at, trace, solved=True)
            display.update(progress.shown)
            if streak.add(trace):
                return True
    return False
