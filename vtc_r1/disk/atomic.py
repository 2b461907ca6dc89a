"""Files and folders that are written atomically: complete under their names, or not there at all.

Each is written under a temporary name in the same folder, and renamed once it is complete. A file and its new
name are then on the disk, even if the power fails; the content of a new folder is written back later.
"""

import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".*.tmp"  #: pattern of the files and folders that a killed process leaves unfinished
_NAMED = 48
"""Characters of a name that its temporary file keeps; with all of them the name could become too long."""


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only once it is complete.

    A link is followed, and what is not a regular file, such as /dev/stdout or a pipe, is written directly.
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


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that it is complete or not there at all."""
    with atomic_file(path) as file:
        file.write(data)


@contextmanager
def staged(folder: Path, files: Mapping[str, bytes]) -> Iterator[Callable[[], None]]:
    """Write files under temporary names in a folder, and yield a function that renames all of them."""
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
def atomic_folder(path: Path, *, keep: Callable[[str], bool] | None = None) -> Iterator[Path]:
    """Make a folder under a temporary name, and rename it at the end of the block; a failure leaves nothing.

    Args:
        path: the folder: absent or empty, or an existing one to replace if `keep` is given.
        keep: whether an entry of the old folder, by its name, moves into the new one.
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
    """Give a finished folder its name; an empty folder of that name is replaced."""
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
    """Return the temporary name of a file or folder, unique to this thread."""
    # In the same folder, as a rename is atomic only within a file system; process and thread keep two writers
    # of one file apart.
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
    """Flush the names in a folder to the disk, where the file system supports it."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _drop(path: Path) -> None:
    with suppress(OSError):  # the first failure is reported, not that cleaning up failed too
        path.unlink(missing_ok=True)


def _replace(fresh: Path, path: Path, keep: Callable[[str], bool]) -> None:
    """Replace the old folder by a new one; the old one is restored if that fails."""
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
