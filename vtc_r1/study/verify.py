"""Verifying an archive: every solve graded again, every figure counted again, and what differs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vtc_r1.disk.lines import pass_over
from vtc_r1.errors import StorageError, VtcError
from vtc_r1.eval.evaluation import regrade
from vtc_r1.eval.runs import RunFolder, find_runs
from vtc_r1.study.archive import INDEX, index_lines
from vtc_r1.study.identity import digest
from vtc_r1.study.result import PAGE, RESULT, page, read
from vtc_r1.study.store import DONE, JOB
from vtc_r1.study.table import Cell, cells_of, compared, rows

_TOLD = 20  #: number of differences of one part that are listed one by one
Values = dict[str, Any]


@dataclass
class Verified:
    """The result of verifying an archive."""

    study: str = ""  #: name of the study
    runs: int = 0  #: number of runs that were graded again
    solves: int = 0  #: number of solves that were graded again
    figures: int = 0  #: rows of the table that were counted again
    differences: list[str] = field(default_factory=list)  #: one sentence each


def verify(folder: Path, manifest: Values, wrong: list[str]) -> Verified:
    """Grade and count an unpacked archive again.

    Args:
        folder: where it is unpacked; its grades and summaries are replaced by new ones.
        manifest: of the archive.
        wrong: what is known to be wrong with its files.
    """
    found = Verified(str(manifest.get("study", "")), differences=list(wrong))
    try:
        result = read(folder / RESULT)
        jobs = {str(job["hash"]): job for job in result["jobs"]}
        table, pairs = result["table"], result["pairs"]
        named = {key: (str(job["step"]), str(job["kind"]), str(job["folder"])) for key, job in jobs.items()}
        if (folder / PAGE).read_text("utf-8") != page(result):
            found.differences.append(f"{PAGE}: is not what {RESULT} comes to")
    except (VtcError, OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        found.differences.append(f"{RESULT}: cannot be read ({type(error).__name__}: {error})")
        return found
    every: list[Cell] = []
    lines: list[bytes] = []
    for key, (step, kind, place) in named.items():
        found.differences += _identity(folder / "jobs" / place, key, jobs[key])
        if kind == "eval" and place.startswith("eval-") and "/" not in place:
            try:
                every += _graded(folder / "jobs" / place / "out", step, key, found)
                lines += index_lines(place, folder / "jobs" / place / "out")
            except (VtcError, OSError, ValueError) as error:
                found.differences.append(f"{place}: cannot be graded ({error})")
    found.differences += _compared("table", table, rows(every), ("step", "benchmark", "memory"))
    found.differences += _compared("pairs", pairs, compared(every), ("benchmark", "first", "second"))
    found.figures = len(every)
    index = folder / INDEX
    if index.is_file() and index.read_bytes() != b"".join(lines):
        found.differences.append(f"{INDEX}: is not what the samples and their new grades come to")
    return found


def _identity(folder: Path, key: str, job: Values) -> Iterator[str]:
    """Yield what is wrong with the records of a job: its hash must be that of what it says it is."""
    try:
        begun, done = read(folder / JOB), read(folder / DONE)
    except StorageError as error:
        yield f"{folder.name}: {error}"
        return
    if digest(begun.get("identity")) != key or begun.get("hash") != key or done.get("hash") != key:
        yield f"{folder.name}: its hash is not that of its keys and inputs"
    if begun.get("needs") != job.get("needs"):
        yield f"{folder.name}: takes other steps than {RESULT} says"


def _graded(out: Path, step: str, job: str, found: Verified) -> list[Cell]:
    """Grade the runs of an evaluation again; record the verdicts and figures that differ."""
    for folder in find_runs([out]):
        where = folder.path.relative_to(out.parent.parent).as_posix()
        before = {key: graded.grade for key, graded in RunFolder(folder.path, pass_over).grades().items()}
        stored = read(folder.path / "summary.json")
        keys = folder.keys()
        (folder.path / "grades.jsonl").unlink(missing_ok=True)
        result, _ = regrade(folder.path)
        after = {key: graded.grade for key, graded in RunFolder(folder.path).grades().items()}
        found.runs += 1
        found.solves += len(keys)
        changed = sorted(key for key in keys if before.get(key) != after.get(key))
        for problem, sample in changed[:_TOLD]:
            was, now = before.get((problem, sample)), after.get((problem, sample))
            said = f"{_verdict(was)} there, {_verdict(now)} now"
            found.differences.append(f"{where}: problem {problem}, sample {sample}: {said}")
        if len(changed) > _TOLD:
            found.differences.append(f"{where}: {len(changed) - _TOLD} more verdicts differ")
        found.differences += [
            f"{where}: graded, but not solved: {key}" for key in sorted(before.keys() - keys)
        ]
        new = json.loads(result.summary.model_dump_json())
        for name in new:
            if name not in ("throughput",) and stored.get(name) != new[name]:
                found.differences.append(f"{where}: {name} is {stored.get(name)} there, {new[name]} now")
    return cells_of(step, job, out)


def _verdict(grade: Any) -> str:
    if grade is None:
        return "not graded"
    return f"{'right' if grade.correct else 'wrong'} ({grade.extracted!r})"


def _compared(what: str, there: Any, now: list[Values], keys: tuple[str, ...]) -> Iterator[str]:
    """Yield the rows of a table that differ."""
    if not (isinstance(there, list) and all(isinstance(one, dict) for one in there)):
        yield f"{RESULT}: its {what} is none"
        return
    ours = {tuple(str(one.get(key)) for key in keys): one for one in json.loads(json.dumps(now))}
    theirs = {tuple(str(one.get(key)) for key in keys): one for one in there}
    for name in dict.fromkeys((*theirs, *ours)):
        row, other = theirs.get(name), ours.get(name)
        if row is None or other is None:
            yield f"{RESULT}: {what}: {' · '.join(name)} is only {'here' if row is None else 'there'}"
        else:
            for key in dict.fromkeys((*row, *other)):
                if row.get(key) != other.get(key):
                    said = f"{row.get(key)} there, {other.get(key)} counted now"
                    yield f"{RESULT}: {what}: {' · '.join(name)}: {key} is {said}"
