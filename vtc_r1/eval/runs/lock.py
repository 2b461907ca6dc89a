"""A folder that one kind of thing lies in, and that one process at a time writes to."""

import fcntl
import os
from pathlib import Path

from vtc_r1.errors import StorageError


def locked(path: Path, program: str) -> int:
    """Take a folder for this process; the lock ends with the process, however that ends.

    Args:
        path: the folder.
        program: the command that writes to such folders, for the message.

    Returns the descriptor that holds the lock. Raises StorageError where another process has it.
    """
    folder = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(folder)
        raise StorageError(
            f"{path}: another {program} writes to it; wait for it, or choose another --out"
        ) from error
    return folder


def holds(path: Path, file: str, what: str) -> bool:
    """Tell whether a folder holds such a thing: by its `file`; an empty folder, or none, may come to hold it.

    Args:
        path: the folder; hidden files in it do not count.
        file: name of the file by which such folders are known.
        what: they hold, for the message.

    Raises StorageError where something else is there.
    """
    if (path / file).exists():
        return True
    if path.exists() and not (path.is_dir() and all(entry.name.startswith(".") for entry in path.iterdir())):
        raise StorageError(f"{path}: is there and holds no {what} ({file} is missing); choose another --out")
    return False
