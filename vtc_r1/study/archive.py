"""The archive of a study: what another person needs to grade and count it again, in one file.

manifest.json            every other file with its hash and size, and the hashes of weights and data
result.json, result.md   the result
index.jsonl              one line for every solve: its run, problem, status, answer, verdict
jobs/PLACE/…             a job's record, and of its output what is in words and numbers
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import readable, writable
from vtc_r1.disk.atomic import atomic_file
from vtc_r1.errors import UsageError
from vtc_r1.eval.runs import find_runs
from vtc_r1.study.jobs import Job, Jobs
from vtc_r1.study.plan import Plan
from vtc_r1.study.result import PAGE, RESULT, page
from vtc_r1.study.store import DONE, JOB

VERSION = 1  #: version of the archive's layout
MANIFEST, INDEX = "manifest.json", "index.jsonl"
RUN_FILES = ("run.json", "problems.jsonl", "samples.jsonl", "grades.jsonl", "summary.json")
_KEPT = {
    "weights": ("checkpoint/config.json", "checkpoint/preprocessor_config.json"),
    "data": ("*.json", "*.md"),
    "sample": ("*.json", "*.md"),
    "sft": ("recipe.json", "checkpoint/README.md", "checkpoint/config.json"),
    "grpo": ("*.json", "checkpoint/README.md", "checkpoint/config.json"),
    "eval": tuple(f"*/*/{name}" for name in RUN_FILES),
    "probe": ("*.json", "*.jsonl"),
    "report": ("report.md", "report.csv", "figures/*.png"),
}
"""The files of a job's output that are packed; weights and pages are only named by their hashes."""
_HASHED = {"weights": "checkpoint/*", "sft": "checkpoint/*", "grpo": "checkpoint/*", "data": "*.parquet"}
"""Files that are not packed themselves, but as their hashes."""
_WHEN = (1980, 1, 1, 0, 0, 0)  #: time of every file, so that equal studies give equal archives
_BLOCK = 1 << 20
Values = dict[str, Any]


@dataclass
class Packed:
    """What an archive holds."""

    files: dict[str, Values] = field(default_factory=dict)  #: hash and size of each file
    left_out: dict[str, str] = field(default_factory=dict)  #: hashes of weights and data, by path
    solves: int = 0  #: lines of the index


def export(plan: Plan, result: Values, out: Path) -> Packed:
    """Write the archive of a study whose jobs are all done.

    Raises:
        UsageError: jobs are owed, or something is at `out`.
        StorageError: it cannot be read or written.
    """
    if owed := [one.job.label for one in plan.owed]:
        where = f"study {plan.study.name}: not done in the store {plan.store.path}"
        raise UsageError(f"{where}: {', '.join(owed)}; run it first")
    if out.exists():
        raise UsageError(f"{out}: exists; choose another name")
    packed = Packed()
    with (
        writable(out),
        atomic_file(out) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        _add(archive, packed, RESULT, _json(result))
        _add(archive, packed, PAGE, page(result).encode())
        jobs = {one.job.hash: one.job for one in plan.planned}
        for job in jobs.values():
            folder = plan.store.folder(job)
            for path in (folder / JOB, folder / DONE, *_kept(job, plan.jobs)):
                _copy(archive, packed, f"jobs/{job.place}/{path.relative_to(folder).as_posix()}", path)
            for path in (
                sorted(plan.jobs.folder(job).glob(_HASHED.get(job.kind, ""))) if job.kind in _HASHED else ()
            ):
                if path.is_file():
                    packed.left_out[f"{job.place}/{path.relative_to(folder).as_posix()}"] = _sha256(path)
        lines = [line for job in jobs.values() for line in index_lines(job.place, plan.jobs.folder(job))]
        packed.solves = len(lines)
        _add(archive, packed, INDEX, b"".join(lines))
        manifest = {"version": VERSION, "study": plan.study.name, **packed.__dict__}
        archive.writestr(zipfile.ZipInfo(MANIFEST, _WHEN), _json(manifest))
    return packed


def index_lines(place: str, out: Path) -> Iterator[bytes]:
    """Yield a line for every solve of an evaluation; none for another job."""
    if not place.startswith("eval-"):
        return
    for folder in find_runs([out]):
        grades = folder.grades()
        for sample in folder.samples():
            grade = grades[sample.key].grade if sample.key in grades else None
            line = {
                "run": f"{place}/{folder.path.relative_to(out).as_posix()}",
                "problem": sample.problem,
                "sample": sample.sample,
                "status": sample.trace.status,
                "answer": sample.trace.answer,
                "correct": grade.correct if grade else None,
                "iterations": len(sample.trace.iterations),
            }
            yield json.dumps(line, ensure_ascii=True).encode() + b"\n"


def _kept(job: Job, jobs: Jobs) -> list[Path]:
    out = jobs.folder(job)
    return [
        path for pattern in _KEPT.get(job.kind, ()) for path in sorted(out.glob(pattern)) if path.is_file()
    ]


def _add(archive: zipfile.ZipFile, packed: Packed, name: str, data: bytes) -> None:
    packed.files[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    _write(archive, name, data)


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def _copy(archive: zipfile.ZipFile, packed: Packed, name: str, path: Path) -> None:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    sha256, size = hashlib.sha256(), 0
    with readable(path), path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
        while block := source.read(_BLOCK):
            sha256.update(block)
            size += len(block)
            target.write(block)
    packed.files[name] = {"sha256": sha256.hexdigest(), "bytes": size}


def _sha256(path: Path) -> str:
    sha256 = hashlib.sha256()
    with readable(path), path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
    return sha256.hexdigest()


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
