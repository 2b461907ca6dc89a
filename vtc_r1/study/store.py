"""The store: a folder for every job, by its hash, shared by all studies; what is finished is marked last.

KIND-HASH/job.json     what the job is: its keys, and the hashes of what it takes
KIND-HASH/out          what its command writes
KIND-HASH/printed.txt  what the command printed
KIND-HASH/done.json    written when the command has ended well: the command, versions, seconds, figures
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import readable, writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.disk.lock import Lock
from vtc_r1.errors import StorageError
from vtc_r1.study.jobs import Job
from vtc_r1.trace import versions

JOB, DONE, PRINTED, LOCK = "job.json", "done.json", "printed.txt", "lock"
MARKER = "vtc-r1-store.json"  #: file that marks a store
PACKAGE = versions().get("vtc-r1", "of no version")  #: the version of this package
_POLL = 0.5  #: seconds between two looks at a lock
Record = dict[str, Any]


class Taken(StorageError):
    """Another process does this job."""


class Store:
    """Finds and marks the jobs in a store.

    Args:
        path: its folder, which need not exist yet.

    Raises StorageError if something else is there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        stranger = path.exists() and not (path / MARKER).is_file()
        if stranger and (not path.is_dir() or any(not one.name.startswith(".") for one in path.iterdir())):
            raise StorageError(
                f"{path}: is not a store of studies ({MARKER} is missing); choose another --store"
            )

    def make(self) -> None:
        """Create it; raises StorageError."""
        with writable(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            if not (self.path / MARKER).is_file():
                write_atomic(self.path / MARKER, b'{"version": 1}\n')

    def folder(self, job: Job) -> Path:
        """Return the folder of a job."""
        return self.path / job.place

    def done(self, job: Job) -> Record | None:
        """Return the record of a finished job, None if it is not finished; raises StorageError."""
        path = self.folder(job) / DONE
        if not path.exists():
            return None
        record = _read(path)
        if record.get("hash") != job.hash:
            raise StorageError(f"{path}: is the record of another job; delete {path.parent}")
        return record

    def started(self, job: Job) -> bool:
        """Return whether a job was begun."""
        return (self.folder(job) / JOB).exists()

    def begun_by(self, job: Job) -> str | None:
        """Return the version of this package that began a job, None if it is not known."""
        path = self.folder(job) / JOB
        return _read(path).get("package") if path.exists() else None

    @contextmanager
    def alone(self, job: Job, wait: Callable[[], None]) -> Iterator[Lock]:
        """Keep other processes from doing a job; wait for one that does it, after calling `wait` once."""
        folder = self.folder(job)
        with writable(folder):
            folder.mkdir(parents=True, exist_ok=True)
        told = False
        while True:
            try:
                lock = Lock(folder / LOCK, Taken(f"{folder}: another process does this step"))
                break
            except Taken:
                if not told:
                    wait()
                    told = True
                time.sleep(_POLL)
        with lock:
            yield lock

    def begin(self, job: Job, command: list[str]) -> int:
        """Record that a job begins; return how many times it has begun."""
        path = self.folder(job) / JOB
        begun = int(_read(path).get("begun", 0)) if path.exists() else 0
        record = {
            "hash": job.hash,
            "kind": job.kind,
            "label": job.label,
            "identity": job.identity,
            "needs": list(job.needs),
            "command": command,
            "begun": begun + 1,
            "package": self.begun_by(job) or PACKAGE,
        }
        self._write(path, record)
        return begun + 1

    def finish(self, job: Job, record: Record) -> None:
        """Mark a job as finished."""
        self._write(self.folder(job) / DONE, {"hash": job.hash, "kind": job.kind, **record})

    def records(self) -> list[Record]:
        """Return the records of all finished jobs; damaged ones are left out."""
        found = []
        for path in sorted(self.path.glob(f"*/{DONE}")):
            try:
                found.append(_read(path))
            except StorageError:
                continue
        return found

    def _write(self, path: Path, record: Record) -> None:
        with writable(path):
            write_atomic(path, (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode())


def read_object(path: Path, remedy: str) -> Record:
    """Read an object from a JSON file; raises StorageError, which says what to do about a damaged one."""
    with readable(path):
        try:
            read = json.loads(path.read_bytes())
        except ValueError as error:
            raise StorageError(f"{path}: is damaged; {remedy}") from error
    if not isinstance(read, dict):
        raise StorageError(f"{path}: is damaged; {remedy}")
    return read


def _read(path: Path) -> Record:
    return read_object(path, f"delete the folder {path.parent}")
