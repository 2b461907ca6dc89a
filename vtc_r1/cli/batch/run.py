"""`vtc-r1 solve --batch`: many questions, one JSON line of trace each, resumable."""

import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from vtc_r1.cli.batch.file import forget, read_done
from vtc_r1.cli.batch.progress import BatchProgress
from vtc_r1.cli.batch.rows import read_rows
from vtc_r1.cli.printable import printable
from vtc_r1.cli.show import warn
from vtc_r1.cli.terminal.loading import loading
from vtc_r1.schedule import Streak
from vtc_r1.solver import Solver


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
    from vtc_r1.cli.terminal.progress import ProgressDisplay
    from vtc_r1.disk.access import writable
    from vtc_r1.disk.lines import append_to, write_line

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
