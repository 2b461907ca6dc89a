"""A folder that one process at a time writes to."""

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
