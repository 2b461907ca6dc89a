"""The runs of a report: their problems and one row per sample, read line by line."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from vtc_r1.disk.lines import location, torn_line
from vtc_r1.eval.measured import warned
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.report.row import Row
from vtc_r1.eval.runs import Graded, Key, RunFolder
from vtc_r1.eval.runs.folder import GRADES, SAMPLES
from vtc_r1.memory import POLICIES
from vtc_r1.spec import divided


@dataclass
class Sources:
    """The data of a report.

    Attributes:
        folders: the runs.
        problems: the distinct problems of all runs, each with its benchmark's name.
        rows: one row per sample, by run, in the order of the benchmark.
        grades: the grades of each run.
        notes: warnings, one sentence each.
    """

    folders: Sequence[RunFolder]
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    grades: list[dict[Key, Graded]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, folders: Sequence[RunFolder]) -> "Sources":
        """Read all runs; a damaged line is skipped and noted."""
        sources = cls(_in_order(folders))
        known: dict[tuple[str, str], int] = {}
        for at, folder in enumerate(sources.folders):
            sources._read(at, folder, known)
        return sources

    def traces(self, rows: Sequence[Row]) -> Iterator[tuple[Row, dict[str, Any]]]:
        """Yield the traces of `rows`, as JSON values, one at a time."""
        files = [(folder.path / SAMPLES).open("rb") for folder in self.folders]
        try:
            for row in rows:
                files[row.run].seek(row.start)
                yield row, json.loads(files[row.run].read(row.size))["trace"]
        finally:
            for file in files:
                file.close()

    def grade(self, row: Row) -> Graded | None:
        """Return the grade of a sample, None if it has none."""
        return self.grades[row.run].get((self.problems[row.problem][1].id, row.sample))

    def _read(self, at: int, folder: RunFolder, known: dict[tuple[str, str], int]) -> None:
        benchmark, lost = folder.run.fingerprint, dict[str, None]()
        folder.damaged = lambda _, error: lost.update({location(error): None})
        places: dict[str, int] = {}
        for problem in folder.problems():
            place = known.setdefault((benchmark, problem.id), len(self.problems))
            if place == len(self.problems):
                self.problems.append((folder.run.benchmark.name, problem))
            places[problem.id] = place
        graded = folder.grades()
        self.grades.append(graded)
        found: dict[Key, Row] = {}
        for start, size, sample in folder.placed_samples():
            if sample.problem in places:
                grade = graded[sample.key].grade if sample.key in graded else None
                row = Row.of(sample, grade, run=at, problem=places[sample.problem], start=start, size=size)
                found.setdefault(sample.key, row)
        self.rows += sorted(found.values(), key=lambda row: (row.problem, row.sample))
        self.notes += [f"{note}; it is left out, and vtc-r1 eval solves or grades it again" for note in lost]
        self.notes += _notes(folder, list(found.values()))


def _in_order(folders: Sequence[RunFolder]) -> list[RunFolder]:
    """Sort the runs by benchmark, then by memory policy in the order of the loop's list."""
    benchmarks = list(dict.fromkeys(folder.run.fingerprint for folder in folders))
    policies = {name: at for at, name in enumerate(POLICIES)}

    def place(folder: RunFolder) -> tuple[int, int]:
        run = folder.run
        return benchmarks.index(run.fingerprint), policies.get(divided(run.memory)[0], len(policies))

    return sorted(folders, key=place)


def _notes(folder: RunFolder, rows: Sequence[Row]) -> Iterator[str]:
    for name in (SAMPLES, GRADES):
        if torn_line(folder.path / name):
            yield f"{folder.path / name}: its last line is torn and left out; vtc-r1 eval solves it again"
    ungraded = sum(row.outcome == "ungraded" for row in rows)
    if ungraded:
        yield f"{folder.path}: {ungraded} of {len(rows)} samples are not graded; see vtc-r1 eval --regrade"
    for sentence, times in warned(row.measured for row in rows).items():
        yield f"{folder.path}: {times} of {len(rows)} samples: {sentence}"
    owed = folder.run.problems * folder.run.samples - len(rows)
    if owed > 0:
        yield f"{folder.path}: {owed} of {owed + len(rows)} samples are still to be solved"
