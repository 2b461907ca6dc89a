"""Files and folders that are found whole under their names, or not at all, whatever ends the writing.

Each is written beside its place under a name of its own, and moved there once it is complete. A file and its
new name are then on the disk, even if the power fails; the content of a new folder gets there later.
"""

import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".*.tmp"
"""Pattern of the files and folders that a killed process leaves unfinished."""
_NAMED = 48
"""Characters of a name that its unfinished file has too; with all of them it could become too long."""


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that is found whole under its name, or not at all.

    A link is followed, and what is not a regular file, such as /dev/stdout or a pipe, is written as it is.
    """
    if is_special(path):
        with path.open("wb") as file:
            yield file
        return
    path = Path(os.path.realpath(path))
    fresh = fresh_beside(path)
    try:
        with _to_disk(fresh) as file:
            yield file
        fresh.replace(path)
        _sync(path.parent)
    finally:
        _drop(fresh)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is found whole or not at all."""
    with whole(path) as file:
        file.write(data)


@contextmanager
def staged(folder: Path, files: Mapping[str, bytes]) -> Iterator[Callable[[], None]]:
    """Write files beside their places in a folder, and yield what puts all of them there."""
    fresh = {name: fresh_beside(folder / name) for name in files}

    def put() -> None:
        for name, path in fresh.items():
            path.replace(folder / name)
        _sync(folder)

    try:
        for name, data in files.items():
            with _to_disk(fresh[name]) as file:
                file.write(data)
        yield put
    finally:
        for path in fresh.values():
            _drop(path)


@contextmanager
def whole_folder(path: Path, *, keep: Callable[[str], bool] | None = None) -> Iterator[Path]:
    """Make a folder beside its place, and move it there at the end of the block; a failure leaves nothing.

    Args:
        path: the folder: absent, or empty; or one that is replaced, where `keep` is given.
        keep: tells by its name what of the old folder comes into the new one.
    """
    path = path.resolve()
    fresh = fresh_beside(path)
    try:
        fresh.mkdir(parents=True)
        yield fresh
        if keep is None:
            put_folder(fresh, path)
        else:
            _replace(fresh, path, keep)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def put_folder(fresh: Path, path: Path) -> None:
    """Give a finished folder its name, which an empty folder may have."""
    if path.exists():
        path.rmdir()
    fresh.rename(path)
    _sync(path.parent)


def drop_unfinished(folder: Path) -> None:
    """Delete what a killed process left unfinished in a folder, which nobody else may be writing to."""
    for path in [*folder.rglob(UNFINISHED)]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def fresh_beside(path: Path) -> Path:
    """Return where a file or folder is written before it gets its name; this thread's own."""
    return path.with_name(f".{path.name[:_NAMED]}.{os.getpid()}.{threading.get_ident()}.tmp")


def is_special(path: Path) -> bool:
    """Tell whether something is there that is neither a regular file nor a folder."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def _to_disk(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing; at the end of the block it is on the disk."""
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk, where its file system can."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _drop(path: Path) -> None:
    with suppress(OSError):  # what went wrong before is told, not that this does too
        path.unlink(missing_ok=True)


def _replace(fresh: Path, path: Path, keep: Callable[[str], bool]) -> None:
    """Put a folder in the place of the old one, which comes back where that fails."""
    old = fresh.with_suffix(".old")
    if path.exists():
        path.rename(old)
    try:
        put_folder(fresh, path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise
    if old.exists():
        for entry in old.iterdir():
            if keep(entry.name):
                entry.rename(path / entry.name)
    shutil.rmtree(old, ignore_errors=True)
