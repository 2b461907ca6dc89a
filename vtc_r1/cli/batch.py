"""`vtc-r1 solve --batch`: many questions, one JSON line of trace each, resumable."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from vtc_r1.cli.batch_rows import Asked, read_rows
from vtc_r1.errors import StorageError, UsageError
from vtc_r1.solver import Solver
from vtc_r1.storage import parse_trace
from vtc_r1.trace import Trace

_START = b'{"version":'
"""How every line of traces starts."""


def solve_batch(
    solver: Solver,
    batch: Path,
    out: Path,
    *,
    context: Sequence[Path] = (),
    concurrency: int,
    quiet: bool,
    check: Callable[[], None] | None = None,
) -> int:
    """Solve what `out` does not hold yet; return the exit code.

    An interrupt keeps what is finished. `context` belongs to every question. `check`, or else the solver's
    own, is run before anything is solved; it raises where nothing can be.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from vtc_r1.eval.runs.lines import append_to, write_line
    from vtc_r1.renderers.files import writable

    questions = read_rows(batch, context)
    for asked in questions:
        solver.check_attached(asked.attached)
    done = read_done(out, questions, solver)
    todo = [at for at in range(len(questions)) if at not in done]
    answered = sum(trace.answer is not None for trace in done.values())
    if todo:
        (check or solver.check)()
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[answered]} answered"),
        TimeRemainingColumn(),
    )
    with (
        append_to(out) as file,
        Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress,
    ):
        task = progress.add_task("", total=len(questions), completed=len(done), answered=answered)
        solved = len(done)
        try:
            for trace in solver.map(
                (questions[at].question for at in todo),
                concurrency=concurrency,
                contexts=lambda at: questions[todo[at]].documents,
            ):
                assert trace.index is not None
                placed = trace.model_copy(update={"index": todo[trace.index]})
                with writable(out):
                    write_line(file, placed.model_dump_json())
                solved += 1
                answered += placed.answer is not None
                progress.update(task, advance=1, answered=answered)
        except KeyboardInterrupt:
            progress.stop()
            print(f"{solved} of {len(questions)} are in {out}; the same command goes on", file=sys.stderr)
            raise
    if not quiet:
        print(f"{answered} of {len(questions)} answered, traces in {out}", file=sys.stderr)
    return 0 if answered == len(questions) else 1


def read_done(out: Path, questions: Sequence[Asked], solver: Solver) -> dict[int, Trace]:
    """Read the traces that `out` holds; a torn last line is cut off and owed again.

    Raises UsageError where they belong to other questions or settings, or where the file holds
    something else; it is left as it is then.
    """
    if not out.exists():
        return {}
    try:
        data = out.read_bytes()
    except OSError as error:
        raise StorageError(f"{out}: cannot be read ({error.strerror or error})") from error
    *whole, torn = data.split(b"\n")
    try:
        traces = [parse_trace(line.decode("utf-8")) for line in whole]
    except ValueError as error:
        raise UsageError(f"{out}: is no file of traces; choose another --out") from error
    if not (torn.startswith(_START) or _START.startswith(torn)):
        raise UsageError(f"{out}: is no file of traces; choose another --out")
    done = {}
    for trace in traces:
        at = trace.index
        if at is None or at >= len(questions) or not questions[at].is_of(trace):
            raise UsageError(f"{out}: holds traces of other questions; choose another --out")
        if not solver.made(trace):
            raise UsageError(f"{out}: holds traces made with other settings or weights; choose another --out")
        done[at] = trace
    if torn:
        os.truncate(out, len(data) - len(torn))
    return done
