"""A run in a report: its name, colour, samples and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import ValidationError

from vtc_r1.errors import MissingExtra
from vtc_r1.eval.grading import Grader, grader
from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.measured import Measured
from vtc_r1.eval.report.row import Row
from vtc_r1.eval.runs import RunFolder
from vtc_r1.eval.runs.folder import SUMMARY
from vtc_r1.eval.summary import VERSION, Summary, summarise


@dataclass(frozen=True)
class Score:
    """One run."""

    label: str  #: its name within its benchmark
    colour: int  #: its colour in figures
    rows: Sequence[Row]  #: its graded samples
    summary: Summary  #: its figures

    @property
    def measured(self) -> list[Measured]:
        """Its graded samples, measured."""
        return [row.measured for row in self.rows]


def score(folder: RunFolder, label: str, colour: int, rows: Sequence[Row]) -> Score:
    """Compute the score of a run from its graded samples."""
    stored = _stored(folder, rows)
    if stored is None:
        measured = [row.measured for row in rows]
        benchmark = folder.run.benchmark
        with grader(benchmark.grader, benchmark.rules) as judge:
            same = partial(_is_same, judge)
            stored = summarise(folder.run, folder.problems(), folder.run.samples, measured, same)
    return Score(label, colour, rows, stored)


def _stored(folder: RunFolder, rows: Sequence[Row]) -> Summary | None:
    """Return the stored figures, None if they are not of exactly these samples."""
    try:
        stored = Summary.model_validate_json((folder.path / SUMMARY).read_bytes())
    except (OSError, ValidationError):
        return None
    if stored.version != VERSION:
        return None
    counts = (stored.solved, stored.problems, stored.samples, sum(stored.by_iterations.values()))
    return stored if counts == (len(rows), folder.run.problems, folder.run.samples, len(rows)) else None


def _is_same(judge: Grader, one: str, other: str) -> bool:
    """Tell whether two answers are equal; as canonical text if computer algebra is not installed."""
    try:
        return judge.same(one, other)
    except MissingExtra:
        return key(canonical(one)) == key(canonical(other))
