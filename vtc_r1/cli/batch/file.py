"""The file of traces that `vtc-r1 solve --batch` writes: one JSON line each, in the order of their ends."""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from vtc_r1.cli.batch.rows import Asked
from vtc_r1.errors import StorageError, UsageError
from vtc_r1.solver import Solver
from vtc_r1.storage import parse_trace
from vtc_r1.trace import Trace

START = b'{"version":'
"""How every line of traces starts."""


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
        raise UsageError(f"{out}: is not a file of traces; choose another --out") from error
    if not (torn.startswith(START) or START.startswith(torn)):
        raise UsageError(f"{out}: is not a file of traces; choose another --out")
    done = {}
    for trace in traces:
        at = trace.index
        if at is None or at >= len(questions) or not questions[at].is_of(trace):
            raise UsageError(f"{out}: holds traces of other questions; choose another --out")
        if not solver.matches(trace):
            raise UsageError(f"{out}: holds traces made with other settings or weights; choose another --out")
        done[at] = trace
    if torn:
        os.truncate(out, len(data) - len(torn))
    return done


def forget(out: Path, positions: Collection[int]) -> None:
    """Take the traces of some questions out, so that they are owed; the others stay as they are."""
    from vtc_r1.eval.runs.lines import replace_lines

    if positions:
        replace_lines(out, _without(out, positions))


def _without(out: Path, positions: Collection[int]) -> Iterator[bytes]:
    with out.open("rb") as file:
        for line in file:
            if parse_trace(line.decode("utf-8")).index not in positions:
                yield line
