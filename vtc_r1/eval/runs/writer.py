"""Writing a run folder: by one process at a time, without losing finished samples if it is killed."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from vtc_r1.configuration import Record
from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.disk.claim import claim, holds
from vtc_r1.disk.lines import append_to, location, pass_over, read_lines, replace_lines, write_line
from vtc_r1.errors import StorageError, UsageError
from vtc_r1.eval.grading.provenance import Grading
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs.folder import GRADES, PROBLEMS, RUN, SAMPLES, SUMMARY, RunFolder
from vtc_r1.eval.runs.run import Run
from vtc_r1.eval.runs.sample import Graded, Key, Sample


def stored_run(path: Path) -> Run | None:
    """Return the run that a folder holds, None if the folder is absent or empty.

    Raises StorageError for a folder that holds something else.
    """
    return RunFolder(path).run if holds(path, RUN, "run") else None


def check_same(path: Path, run: Run) -> Run | None:
    """Return the run that a folder holds; raises UsageError if its configuration differs from that of `run`.

    A run with another configuration but without samples may be replaced; None is returned for it.
    """
    stored = stored_run(path)
    difference = stored.difference(run) if stored else None
    if difference is not None:
        if next(read_lines(path / SAMPLES, pass_over), None) is None:
            return None
        raise UsageError(f"{path}: was made with other settings ({difference}); choose another --out")
    return stored


class RunWriter(RunFolder):
    """A run folder that is open for writing.

    Args:
        path: the folder; created if absent, resumed if it holds the same run.
        run: the run.
        problems: the selected problems, in the benchmark's order.
        order: the ids of all problems of the benchmark, in order.

    Raises:
        UsageError: the folder holds a run with another configuration.
        StorageError: it cannot be written, holds something else, or another process writes to it.

    Attributes:
        notes: damaged lines that were removed, one sentence each.
    """

    def __init__(self, path: Path, run: Run, problems: Sequence[Problem], order: Iterable[str]) -> None:
        with ExitStack() as opened:
            with writable(path):
                opened.enter_context(claim(path, "vtc-r1 eval"))
                stored = check_same(path, run)
                known = {problem.id: problem for problem in (*_stored_problems(path, stored), *problems)}
                self._write_run(path, run, stored, [known[name] for name in order if name in known])
            super().__init__(path)
            self.damaged = pass_over
            self.notes = [note for name in (SAMPLES, GRADES) for note in _mended(path / name)]
            self._samples = opened.enter_context(append_to(path / SAMPLES))
            self._grades = opened.enter_context(append_to(path / GRADES))
            self._open = opened.pop_all()

    def add(self, sample: Sample) -> None:
        """Store a solve: first its pages, each once, then its line."""
        with writable(self.path):
            for page in sample.trace.pages.values():
                path = self.page_path(page.sha256)
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_atomic(path, page.png)
            write_line(self._samples, sample.model_dump_json())

    def add_grade(self, graded: Graded) -> None:
        """Store a grade."""
        with writable(self.path):
            write_line(self._grades, graded.model_dump_json())

    def replace_grades(self, graded: Iterable[Graded]) -> None:
        """Replace all grades."""
        self._grades.close()
        lines = (found.model_dump_json().encode() + b"\n" for found in graded)
        replace_lines(self.path / GRADES, lines)
        self._grades = self._open.enter_context(append_to(self.path / GRADES))

    def record_grading(self, grading: Grading) -> None:
        """Record the code and data that the grades were made with."""
        self.run = self.run.model_copy(update={"grading": grading})
        with writable(self.path):
            write_atomic(self.path / RUN, self.run.model_dump_json(indent=2).encode() + b"\n")

    def forget(self, keys: Collection[Key]) -> None:
        """Remove samples so that they are solved again; their grades are removed first."""
        self._samples.close()
        self._grades.close()
        for name in (GRADES, SAMPLES):
            rows = read_lines(self.path / name, pass_over)
            replace_lines(
                self.path / name, (line for line, row in rows if (row["problem"], row["sample"]) not in keys)
            )
        self._samples = self._open.enter_context(append_to(self.path / SAMPLES))
        self._grades = self._open.enter_context(append_to(self.path / GRADES))

    def summarise(self, summary: Record) -> None:
        """Store the figures of the run."""
        with writable(self.path):
            write_atomic(self.path / SUMMARY, summary.model_dump_json(indent=2).encode() + b"\n")

    def delete_summary(self) -> None:
        """Delete the stored figures, which no longer match the samples."""
        with writable(self.path):
            (self.path / SUMMARY).unlink(missing_ok=True)

    def close(self) -> None:
        """Release the folder for other processes."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _write_run(self, path: Path, run: Run, stored: Run | None, problems: Sequence[Problem]) -> None:
        """Write the run's configuration and its extent."""
        extent = run.model_copy(update={"problems": len(problems)})
        if stored is not None:
            kept = {"created": stored.created, "versions": stored.versions, "grading": stored.grading}
            samples = max(run.samples, stored.samples)
            model = run.model if run.model.revision else stored.model
            extent = extent.model_copy(update={**kept, "samples": samples, "model": model})
        if extent != stored:
            write_atomic(path / RUN, extent.model_dump_json(indent=2).encode() + b"\n")
        replace_lines(path / PROBLEMS, (f"{problem.model_dump_json()}\n".encode() for problem in problems))


def _stored_problems(path: Path, stored: Run | None) -> list[Problem]:
    return RunFolder(path, pass_over).problems() if stored and (path / PROBLEMS).exists() else []


def _mended(path: Path) -> list[str]:
    """Take damaged lines out of a file, into one beside it; return what was wrong with each."""
    lost: dict[bytes, str] = {}

    def losing(line: bytes, error: StorageError) -> None:
        lost[line] = location(error)

    for number, (line, row) in enumerate(read_lines(path, losing), 1):
        if not (isinstance(row.get("problem"), str) and isinstance(row.get("sample"), int)):
            lost[line] = f"{path}: line {number} names no sample"
    if lost:
        beside = path.with_name(f"{path.name}.damaged")
        with append_to(beside) as file:
            for line in lost:
                write_line(file, line.removesuffix(b"\n"))
        whole = (line for line, _ in read_lines(path, pass_over) if line not in lost)
        replace_lines(path, whole)
    return [
        f"{note}; taken out into {path.name}.damaged, what it held is done again" for note in lost.values()
    ]
