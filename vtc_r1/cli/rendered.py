"""The files that `vtc-r1 render` wrote into a folder: the next one replaces its own, and no others."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from re import Pattern

from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import staged, write_atomic
from vtc_r1.errors import UsageError

NOTE = ".vtc-r1-render.json"
"""Where the names and hashes of what was written are kept, beside it."""

_Known = dict[str, list[str]]


def replace_rendered(folder: Path, files: Mapping[str, bytes], kind: Pattern[str]) -> None:
    """Write files, and remove what an earlier call wrote of their kind and this one does not.

    Whatever ends this on the way, every file is found whole, and the next call finds out about all of them.

    Args:
        folder: where to; it is made where it is absent.
        files: their content by name.
        kind: names of the files that go when they are written no more.

    Raises:
        UsageError: a name is taken by a file that is not of an earlier call, or was changed since.
        StorageError: the folder cannot be written.
    """
    with writable(folder):
        known = _known(folder / NOTE)
        for name, data in files.items():
            there = _hash_of(folder / name)
            if there is not None and there not in (*known.get(name, ()), _hash(data)):
                raise UsageError(
                    f"{folder / name}: was not written by vtc-r1 render, or was changed since; "
                    "move it, or choose another --out"
                )
        folder.mkdir(parents=True, exist_ok=True)
        written = {name: [_hash(data)] for name, data in files.items()}
        with staged(folder, files) as put:
            _note(folder, {**known, **{name: [*known.get(name, ()), *written[name]] for name in files}})
            put()
        stale = {name for name in known if kind.fullmatch(name) and name not in files}
        for name in stale:
            if _hash_of(folder / name) in known[name]:
                (folder / name).unlink()
        _note(folder, {name: known[name] for name in known if name not in stale} | written)


def _known(note: Path) -> _Known:
    """Read what was written; nothing where the note is absent or damaged."""
    try:
        values = json.loads(note.read_bytes())
        return {str(name): [str(one) for one in hashes] for name, hashes in values["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _note(folder: Path, known: _Known) -> None:
    content = {"version": 1, "files": dict(sorted(known.items()))}
    write_atomic(folder / NOTE, (json.dumps(content, indent=1) + "\n").encode())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _hash_of(path: Path) -> str | None:
    return _hash(path.read_bytes()) if path.exists() else None
