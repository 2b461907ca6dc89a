"""What a step's inputs are: hashes of files and folders, and the commits of models in the hub's cache."""

import hashlib
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import readable
from vtc_r1.disk.atomic import write_atomic

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_BLOCK = 1 << 20


def digest(value: object) -> str:
    """Return the hash of a value that JSON can write."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Hashes:
    """Hashes of files, remembered by size and time, so that weights are read once.

    Args:
        memo: file that remembers them; nothing is written where its folder does not exist.
    """

    def __init__(self, memo: Path) -> None:
        self._memo = memo
        self._known: dict[str, list[Any]] = {}
        self._changed = False
        with suppress(OSError, ValueError):
            read = json.loads(memo.read_bytes())
            self._known = read if isinstance(read, dict) else {}

    def of(self, path: Path) -> str:
        """Return the hash of a file, or of a folder's names and contents; raises StorageError."""
        with readable(path):
            if path.is_dir():
                inside = sorted(one for one in path.rglob("*") if one.is_file() and not _hidden(one, path))
                return digest([[one.relative_to(path).as_posix(), self._file(one)] for one in inside])
            return self._file(path)

    def save(self) -> None:
        """Remember what was computed."""
        if self._changed and self._memo.parent.is_dir():
            with suppress(OSError):
                write_atomic(self._memo, json.dumps(self._known).encode())

    def _file(self, path: Path) -> str:
        found, name = path.stat(), str(path.resolve())
        state = [found.st_size, found.st_mtime_ns, found.st_ino]
        known = self._known.get(name)
        if isinstance(known, list) and known[:-1] == state:
            return str(known[-1])
        sha256 = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                sha256.update(block)
        self._known[name] = [*state, sha256.hexdigest()]
        self._changed = True
        return sha256.hexdigest()


def hub_cache() -> Path:
    """Return the folder of the hub's cache, as its client chooses it."""
    if named := os.environ.get("HF_HUB_CACHE"):
        return Path(named)
    home = os.environ.get("HF_HOME")
    return (Path(home) if home else Path.home() / ".cache" / "huggingface") / "hub"


def cached_commit(name: str, kind: str = "models") -> str | None:
    """Return the commit of a model or data set in the hub's cache, None if it is not there."""
    folder = hub_cache() / f"{kind}--{name.replace('/', '--')}"
    with suppress(OSError):
        commit = (folder / "refs" / "main").read_text(encoding="utf-8").strip()
        if (folder / "snapshots" / commit).is_dir():
            return commit
    return None


def _hidden(path: Path, below: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(below).parts)
