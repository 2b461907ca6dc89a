"""The store: running solves, and as many finished ones as there is room for."""

import logging
from pathlib import Path

from vtc_r1.disk.access import try_folder
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import StorageError
from vtc_r1.renderers.lru_cache import LruCache
from vtc_r1.serve.solve import Solve
from vtc_r1.serve.stored import OWNER, StoredSolve, listed
from vtc_r1.storage import save_trace
from vtc_r1.trace import Trace

log = logging.getLogger(__name__)
_MOST, _MOST_BYTES = 200, 128 << 20


class SolveStore:
    """Finds solves by name.

    Args:
        folder: folder for finished solves, None to keep them in memory only.

    Raises StorageError if `folder` is not writable.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None:
            try_folder(folder)
        self.folder = folder
        self._stored = [] if folder is None else listed(folder)
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
        try:
            save_trace(trace, self.folder / solve.name)
            write_atomic(self.folder / solve.name / OWNER, solve.owner.encode())
        except (StorageError, OSError) as error:
            log.error("%s", error)

    def find(self, name: str, owner: str) -> Solve | None:
        """Return the solve of that name, if it belongs to the owner."""
        solve = self.running.get(name) or self._over.get(name)
        return solve if solve is not None and solve.owner == owner else None

    def stored(self, owner: str) -> list[StoredSolve]:
        """Return the owner's solves of earlier runs of the server, newest first."""
        return [one for one in self._stored if one.owner == owner]

    def all(self, owner: str) -> list[Solve]:
        """Return the owner's solves of this run of the server, newest first."""
        over = [solve for _, solve in self._over.items()]
        mine = [solve for solve in (*self.running.values(), *over) if solve.owner == owner]
        return sorted(mine, key=lambda solve: solve.began, reverse=True)


def _size(trace: Trace) -> int:
    """Estimate the bytes of a trace: its texts, its pages' pixels and their PNG files."""
    pages = sum(page.pixels.nbytes + 2 * len(page.png) for page in trace.pages.values())
    return pages + sum(8 * len(iteration.text) for iteration in trace.iterations) + 20_000
