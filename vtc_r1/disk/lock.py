"""Locks: one process at a time writes to a folder. A lock ends with its process, however that ends."""

import fcntl
import os
from pathlib import Path
from typing import Self

from vtc_r1.errors import StorageError, VtcError


class Lock:
    """Keeps every other process out until it is closed.

    Args:
        path: what is locked: an existing folder, or a file, which is created if it is absent.
        taken: the error to raise if another process holds the lock.

    Raises:
        VtcError: `taken`.
        StorageError: the file system does not support locks.
        OSError: `path` cannot be opened.
    """

    def __init__(self, path: Path, taken: VtcError) -> None:
        mode = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
        self._file: int | None = os.open(path, mode, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(self._file), path.stat()):
                raise FileNotFoundError  # its owner moved it while this process waited to open it
        except (BlockingIOError, FileNotFoundError) as error:
            self.close()
            raise taken from error
        except OSError as error:
            self.close()
            reason = error.strerror or error
            raise StorageError(
                f"{path}: cannot be locked ({reason}); choose a folder on another file system"
            ) from error

    def fileno(self) -> int:
        """Return the descriptor; a child that inherits it keeps the lock until it ends too."""
        assert self._file is not None, "the lock is released"
        return self._file

    def close(self) -> None:
        """Release the lock; closing twice does no harm."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
