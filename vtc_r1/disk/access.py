"""Errors that name a path that cannot be read or written, on access or before the work starts."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vtc_r1.disk.atomic import fresh_beside, is_special
from vtc_r1.errors import StorageError, UsageError, VtcError

_TRIAL = bytes(4_096)


@contextmanager
def readable(path: Path | str, kind: type[VtcError] = StorageError, then: str = "") -> Iterator[None]:
    """Raise an error of `kind` for what cannot be read, naming `path`; `then` says what to do."""
    try:
        yield
    except OSError as error:
        raise kind(f"{path}: cannot be read ({error.strerror or error}){then and f'; {then}'}") from error


@contextmanager
def writable(path: Path, then: str = "") -> Iterator[None]:
    """Raise StorageError for what cannot be written, naming `path`; `then` says what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise StorageError(f"{path}: cannot be written ({reason}){then and f'; {then}'}") from error


def finite(path: Path) -> Path:
    """Return the path of a file that the user names; raises OSError for an endless device."""
    try:
        found = path.stat()
    except OSError:
        return path  # reading it says what is wrong
    if stat.S_ISCHR(found.st_mode) and not path.samefile(os.devnull) and not _is_terminal(path):
        raise OSError(errno.EINVAL, "it is an endless device", str(path))
    return path


def try_folder(path: Path) -> None:
    """Check before the work that files can be written to a folder, which need not exist yet.

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
    """Check before the work that a file can be written.

    Args:
        path: the file; one of the same kind may be there, and is replaced later.
        begins: how files of its kind begin.
        what: its kind with an article, for the message.

    Raises:
        UsageError: something else is there.
        StorageError: it cannot be written.
    """
    with writable(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if is_special(path):
            return
        real = Path(os.path.realpath(path))
        if real.exists():
            with real.open("rb") as file:
                there = file.read(len(begins))
            if there and there.lower() != begins.lower():
                raise UsageError(f"{path}: exists and is not {what}; choose another name")
        _try(real)


def _try(path: Path) -> None:
    fresh = fresh_beside(path)
    try:
        fresh.write_bytes(_TRIAL)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _is_terminal(path: Path) -> bool:
    try:
        with path.open("rb", buffering=0) as file:
            return file.isatty()
    except OSError:
        return False
