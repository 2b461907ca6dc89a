"""Files written whole, and what cannot be written named."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from vtc_r1.errors import StorageError

UNFINISHED = ".*.tmp"
"""Pattern of the files that a killed process leaves unfinished."""


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Raise StorageError for what cannot be written, naming `path`."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror or error})") from error


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that is found whole under its name, or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
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
