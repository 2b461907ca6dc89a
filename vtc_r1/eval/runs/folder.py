"""A run: its configuration, which determines its results, its extent, and the reading of its folder.

run.json          the configuration of the run
problems.jsonl    the problems, in order
samples.jsonl     one line per finished solve
grades.jsonl      one line per grade
pages/ab/ab….png  every page image, once
summary.json      the figures shown in tables
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from vtc_r1.configuration import Configuration, EncodableText, Record
from vtc_r1.disk.access import readable
from vtc_r1.disk.lines import REMEDY, Damaged, read_lines
from vtc_r1.errors import StorageError, Unreadable, first_line
from vtc_r1.eval.benchmark import Benchmark
from vtc_r1.eval.grading import Grade
from vtc_r1.eval.grading.provenance import Grading
from vtc_r1.eval.problem import Problem
from vtc_r1.storage import trace_of
from vtc_r1.trace import Trace, versions

VERSION = 1  #: version of the folder's layout
_EXTENT = {"benchmark", "revision", "problems", "samples", "created", "versions", "grading"}
"""What may differ between runs of the same configuration; the fingerprint covers the benchmark."""


class Run(Configuration):
    """One benchmark under one configuration.

    Its sampling has no seed, as each sample has its own. The model's revision is known only after a request.

    Attributes:
        version: version of the folder's layout.
        benchmark: the benchmark, with its published references.
        revision: revision of its rows.
        fingerprint: hash of the questions and how they are graded.
        problems: number of problems selected so far.
        samples: solves of each problem.
        seed: base seed from which the seed of every sample is derived; None if sampling is greedy.
        created: time of creation, in UTC.
        versions: versions of everything that can change a result.
        grading: the code and data of its verdicts; None in older runs that do not record it.
    """

    version: int = VERSION
    benchmark: Benchmark
    revision: str
    fingerprint: str
    problems: int = Field(ge=0)
    samples: int = Field(ge=1)
    seed: int | None = None
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = Field(default_factory=versions)
    grading: Grading | None = None

    def difference(self, other: "Run") -> str | None:
        """Name the first field that differs in another configuration, with both values; None if none does.

        More problems and more samples extend a run without changing its results.
        """
        ours, theirs = self._identity(), other._identity()
        if not (ours["model.revision"] and theirs["model.revision"]):
            del ours["model.revision"]
        return next(
            (
                f"{name}: {ours[name]!r} there, {theirs[name]!r} now"
                for name in ours
                if ours[name] != theirs[name]
            ),
            None,
        )

    def _identity(self) -> dict[str, Any]:
        """Return everything that determines a result, flattened to names such as `sampling.top_p`."""
        values = self.model_dump(mode="json", exclude=_EXTENT)
        flat: dict[str, Any] = {"benchmark": self.benchmark.name}
        for name, value in values.items():
            parts = (
                {f"{name}.{key}": part for key, part in value.items()} if isinstance(value, dict) else None
            )
            flat.update(parts or {name: value})
        return flat


Key = tuple[str, int]
"""A problem's id and the number of the sample."""


class Sample(Record):
    """One solve: the problem's id, the number of the sample from 0, and the trace."""

    problem: EncodableText
    sample: int = Field(ge=0)
    trace: Trace

    @property
    def key(self) -> Key:
        """The problem's id and the number of the sample."""
        return self.problem, self.sample

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Sample":
        """Read a sample from its parsed JSON; raises ValueError."""
        return cls.model_validate({**values, "trace": trace_of(values.get("trace"))})


class Graded(Record):
    """The grade of one sample."""

    problem: EncodableText
    sample: int = Field(ge=0)
    grade: Grade

    @property
    def key(self) -> Key:
        """The problem's id and the number of the sample."""
        return self.problem, self.sample


RUN, PROBLEMS, SAMPLES, GRADES, SUMMARY = (
    "run.json",
    "problems.jsonl",
    "samples.jsonl",
    "grades.jsonl",
    "summary.json",
)
_HASH = re.compile(r"[0-9a-f]{64}")
R = TypeVar("R", bound=Record)


class RunFolder:
    """Reads a run folder, even while it is being written.

    Args:
        path: the folder that holds `run.json`.
        damaged: called with every damaged line, which is then skipped; without it such a line is an error.

    Raises:
        StorageError: the folder holds no run, or one that this version cannot read.
    """

    def __init__(self, path: Path, damaged: Damaged | None = None) -> None:
        self.path = path
        self.damaged = damaged
        self.run = _run(path / RUN)

    def problems(self) -> list[Problem]:
        """Return the problems, in the benchmark's order."""
        path = self.path / PROBLEMS
        if not path.exists():
            raise StorageError(f"{path}: is missing; repeat the vtc-r1 eval command to write it")
        return list(self._records(Problem, path))

    def samples(self) -> Iterator[Sample]:
        """Yield the samples one at a time, in order of completion; their traces have no page images."""
        yield from (sample for _, _, sample in self.placed_samples())

    def placed_samples(self) -> Iterator[tuple[int, int, Sample]]:
        """Yield every sample with the offset and length of its line in the file, in bytes."""
        path, start = self.path / SAMPLES, 0

        def passed(line: bytes, error: StorageError) -> None:
            nonlocal start
            start += len(line)
            if self.damaged is None:
                raise error
            self.damaged(line, error)

        for line, values in read_lines(path, passed):
            try:
                sample = Sample.of(values)
            except ValueError as error:
                passed(line, _unread(path, values, error))
                continue
            yield start, len(line), sample
            start += len(line)

    def keys(self) -> set[Key]:
        """Return the keys of the stored samples."""
        return {
            (str(row.get("problem")), int(row.get("sample", -1)))
            for _, row in read_lines(self.path / SAMPLES, self.damaged)
        }

    def grades(self) -> dict[Key, Graded]:
        """Return the grades by problem and sample."""
        return {found.key: found for found in self._records(Graded, self.path / GRADES)}

    def page_path(self, sha256: str) -> Path:
        """Return the path of a page image; raises StorageError for a name that is not a hash."""
        if not _HASH.fullmatch(sha256):
            raise StorageError(f"{self.path}: page name {sha256[:20]!r} is not a hash")
        return self.path / "pages" / sha256[:2] / f"{sha256}.png"

    def _records(self, record: type[R], path: Path) -> Iterator[R]:
        for line, values in read_lines(path, self.damaged):
            try:
                yield record.model_validate(values)
            except ValueError as error:
                unread = _unread(path, values, error)
                if self.damaged is None:
                    raise unread from error
                self.damaged(line, unread)


def _run(path: Path) -> Run:
    try:
        with readable(path, then="is this a run?"):
            run = Run.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise StorageError(
            f"{path}: is not a run of this version ({where}: {first['msg']}); choose another --out"
        ) from error
    if run.version != VERSION:
        raise StorageError(
            f"{path}: has version {run.version}, this program reads {VERSION}; choose another --out"
        )
    return run


def _unread(path: Path, values: dict[str, Any], error: ValueError) -> StorageError:
    which = f"{values.get('problem', values.get('id'))!r}"[:60]
    return StorageError(f"{path}: the line of {which} cannot be read ({first_line(error)}); {REMEDY}")


def find_runs(paths: Iterable[Path]) -> list[RunFolder]:
    """Find the runs in `paths`; each may be a run's folder, a benchmark's folder, or one above these.

    Returns:
        The distinct runs in the order of the paths, sorted by name within a path.

    Raises:
        Unreadable: one of the paths holds no run.
    """
    found: dict[Path, RunFolder] = {}
    for path in paths:
        below = sorted(file for depth in ("", "*/", "*/*/", "*/*/*/") for file in path.glob(depth + RUN))
        if not below:
            what = "holds no run" if path.is_dir() else "is not a folder"
            raise Unreadable(f"{path}: {what}; give a folder that vtc-r1 eval --out wrote")
        for file in below:
            found.setdefault(file.parent.resolve(), RunFolder(file.parent))
    return list(found.values())
