"""The shelf: running solves, finished ones as far as there is room, and stored ones of earlier runs."""

import json
import logging
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.disk.access import try_folder
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import StorageError
from vtc_r1.renderers.lru_cache import LruCache
from vtc_r1.serve.picture import Picture
from vtc_r1.serve.recordings import Recordings
from vtc_r1.serve.retention import NAME, Retention, remove, solves
from vtc_r1.serve.solve import Solve
from vtc_r1.storage import load_trace, save_trace
from vtc_r1.trace import Trace

_LISTED = 500
OWNER = "owner"  #: name of the file beside a trace that names its owner


@dataclass(frozen=True)
class StoredSolve:
    """A stored solve, as the list of solves shows it."""

    name: str  #: id of the solve
    owner: str  #: owner of the API key that began it
    question: str  #: the question
    status: str  #: how it ended
    answer: str | None  #: the answer, None without one
    began: float  #: seconds since the epoch
    exhausted: str | None = None  #: budget that ran out, None if none did
    iterations: int | None = None  #: number of its iterations, None while it runs
    compression: float | None = None  #: its compression ratio, None without one


def listed(folder: Path) -> list[StoredSolve]:
    """List the newest stored solves in a folder, newest first; unreadable ones are logged and left out."""
    found = [path / "trace.json" for path in solves(folder)]
    dated = sorted(((path.stat().st_mtime, path) for path in found if path.exists()), reverse=True)
    return [line for began, path in dated[:_LISTED] if (line := _line(path, began)) is not None]


def _line(path: Path, began: float) -> StoredSolve | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        owner = path.with_name(OWNER)
        whose = owner.read_text(encoding="utf-8") if owner.is_file() else ""
        question, status, answer = values["question"], values["status"], values.get("answer")
        exhausted, ratio = values.get("exhausted"), values.get("compression_ratio")
        iterations = len(values.get("iterations", ()))
    except (OSError, ValueError, RecursionError, KeyError, AttributeError, TypeError) as error:
        log.error("%s: cannot be read (%s)", path, error)
        return None
    optional = all(isinstance(text, str | None) for text in (answer, exhausted))
    valid = isinstance(question, str) and isinstance(status, str) and optional
    if not valid or not isinstance(ratio, float | int | None):
        return None
    outcome = (question, status, answer, began, exhausted, iterations, ratio)
    return StoredSolve(path.parent.name, whose, *outcome)


log = logging.getLogger(__name__)
_MOST, _MOST_BYTES = 200, 128 << 20


class SolveStore:
    """Finds solves by name.

    Args:
        folder: folder for finished solves, None to keep them in memory only.
        kept: which of them stay there.
        recordings: solves that anyone may watch again.

    Raises StorageError if `folder` is not writable.
    """

    def __init__(
        self,
        folder: Path | None = None,
        kept: Retention | None = None,
        recordings: Recordings | None = None,
    ) -> None:
        if folder is not None:
            try_folder(folder)
        self.folder, self._kept, self._writing = folder, kept or Retention(), threading.Lock()
        self.recordings = recordings or Recordings()
        self._stored: list[StoredSolve] = []
        self._remove_outdated()
        if folder is not None:
            self._stored = listed(folder)
        self.running: dict[str, Solve] = {}
        self._over: LruCache[Solve] = LruCache(_MOST, _MOST_BYTES)

    def put(self, solve: Solve) -> None:
        """Add a solve that begins."""
        self.running[solve.name] = solve

    def close(self, solve: Solve, trace: Trace) -> None:
        """Move a solve to the finished ones; the oldest of these are dropped."""
        self.running.pop(solve.name, None)
        self._over.put(solve.name, solve, _size(trace))

    def store(self, solve: Solve, trace: Trace) -> None:
        """Write a trace into the folder; a failing disk is logged and fails no solve."""
        if self.folder is None:
            return
        with self._writing:
            try:
                (self.folder / solve.name).mkdir(parents=True, exist_ok=True)
                write_atomic(self.folder / solve.name / OWNER, solve.owner.encode())
                save_trace(trace, self.folder / solve.name)
            except (StorageError, OSError) as error:
                log.error("%s", error)
                if not (self.folder / solve.name / "trace.json").exists():
                    shutil.rmtree(self.folder / solve.name, ignore_errors=True)
                return
            stored = summary(solve.name, solve.owner, trace, solve.began)
            self._stored = [stored, *self._stored[: _LISTED - 1]]
            self._remove_outdated()

    def load(self, name: str, owner: str) -> Trace | None:
        """Load a stored or recorded solve with its pages; None if the owner has none of that name."""
        if (recorded := self.recordings.find(name)) is not None:
            return recorded
        if self.folder is None or not NAME.fullmatch(name):
            return None
        path = self.folder / name / OWNER
        try:
            whose = path.read_text(encoding="utf-8") if path.is_file() else ""
            is_there = (self.folder / name / "trace.json").is_file()
            return load_trace(self.folder / name) if is_there and whose == owner else None
        except (StorageError, OSError) as error:
            log.error("%s", error)
            return None

    def _remove_outdated(self) -> None:
        """Remove what is not kept; what cannot be removed is logged."""
        if self.folder is None or self._kept == Retention():
            return
        for path in self._kept.outdated(self.folder):
            try:
                remove(path)
            except OSError as error:
                log.error("%s: cannot be removed (%s)", path, error.strerror)
        there = {path.name for path in solves(self.folder)}
        self._stored = [one for one in self._stored if one.name in there]

    def find(self, name: str, owner: str) -> Solve | None:
        """Return the solve of that name, if it belongs to the owner."""
        solve = self.running.get(name) or self._over.get(name)
        return solve if solve is not None and solve.owner == owner else None

    def stored(self, owner: str) -> list[StoredSolve]:
        """Return the owner's stored solves, newest first."""
        return [one for one in self._stored if one.owner == owner]

    def all(self, owner: str) -> list[Solve]:
        """Return the owner's solves of this run of the server, newest first."""
        over = [solve for _, solve in self._over.items()]
        mine = [solve for solve in (*self.running.values(), *over) if solve.owner == owner]
        return sorted(mine, key=lambda solve: solve.began, reverse=True)


def summary(name: str, owner: str, trace: Trace, began: float) -> StoredSolve:
    """Return a finished solve as the list of solves shows it."""
    outcome = (trace.question, trace.status, trace.answer, began, trace.exhausted)
    return StoredSolve(name, owner, *outcome, len(trace.iterations), trace.compression_ratio)


def _size(trace: Trace) -> int:
    """Estimate the bytes of a trace: its texts, its pages' pixels and their PNG files."""
    drawn = [page for page in trace.pages.values() if not isinstance(page, Picture)]
    pixels: int = sum(page.pixels.nbytes for page in drawn)
    files = sum(3 * len(page.png) for page in trace.pages.values())
    texts = sum(8 * len(iteration.text) for iteration in trace.iterations)
    return pixels + files + texts + 20_000
