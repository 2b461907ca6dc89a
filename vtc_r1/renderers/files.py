"""Files written whole, and what cannot be written named."""

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from vtc_r1.errors import StorageError, UsageError

UNFINISHED = ".*.tmp"
"""Pattern of the files that a killed process leaves unfinished."""
_TRIAL = bytes(4_096)


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Raise StorageError for what cannot be written, naming `path`."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror or error})") from error


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that is found whole under its name, or not at all.

    A link is followed, and what is not a regular file, such as /dev/stdout or a pipe, is written as it is.
    """
    if _is_special(path):
        with path.open("wb") as file:
            yield file
        return
    path = Path(os.path.realpath(path))
    fresh = _fresh(path)
    try:
        with fresh.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is found whole or not at all."""
    with whole(path) as file:
        file.write(data)


@contextmanager
def staged(folder: Path, files: Mapping[str, bytes]) -> Iterator[Callable[[], None]]:
    """Write files beside their places in a folder, and yield what puts all of them there."""
    fresh = {name: _fresh(folder / name) for name in files}

    def put() -> None:
        for name, path in fresh.items():
            path.replace(folder / name)

    try:
        for name, data in files.items():
            with fresh[name].open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        yield put
    finally:
        for path in fresh.values():
            path.unlink(missing_ok=True)


def try_folder(path: Path) -> None:
    """Find out before the work whether files can be written into a folder, which need not exist yet.

    Nothing is left behind. Raises StorageError.
    """
    with writable(path):
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        absent = [folder for folder in (path, *path.parents) if not folder.exists()]
        path.mkdir(parents=True, exist_ok=True)
        try:
            _try(path / "trial")
        finally:
            for folder in absent:
                with suppress(OSError):
                    folder.rmdir()


def try_file(path: Path, begins: bytes, what: str) -> None:
    """Find out before the work whether a file can be written.

    Args:
        path: the file; one of the same kind may be there, and is replaced later.
        begins: how files of its kind begin.
        what: its kind is called, for the message.

    Raises:
        UsageError: something else is there.
        StorageError: it cannot be written.
    """
    with writable(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if _is_special(path):
            return
        real = Path(os.path.realpath(path))
        if real.exists():
            with real.open("rb") as file:
                there = file.read(len(begins))
            if there and there.lower() != begins.lower():
                raise UsageError(f"{path}: is there and is no {what}; choose another name")
        _try(real)


def finite(path: Path) -> Path:
    """Return the path of a file that the user names; raises OSError for a device that never ends."""
    try:
        found = path.stat()
    except OSError:
        return path  # reading it says what is wrong
    if stat.S_ISCHR(found.st_mode) and not path.samefile(os.devnull) and not _is_terminal(path):
        raise OSError(errno.EINVAL, "it is a device without an end", str(path))
    return path


def _is_terminal(path: Path) -> bool:
    try:
        with path.open("rb", buffering=0) as file:
            return file.isatty()
    except OSError:
        return False


def _try(path: Path) -> None:
    fresh = _fresh(path)
    try:
        fresh.write_bytes(_TRIAL)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _fresh(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
