"""An output folder of one kind, locked by one process."""

from pathlib import Path

from vtc_r1.disk.lock import Lock
from vtc_r1.errors import StorageError


def claim(path: Path, program: str) -> Lock:
    """Create a folder if it is absent, and lock it for this process.

    Args:
        path: the folder.
        program: the command that writes to such folders, for the message.

    Raises:
        StorageError: another process has locked it.
        OSError: it cannot be created.
    """
    path.mkdir(parents=True, exist_ok=True)
    taken = f"{path}: another {program} writes to it; wait until it ends, or choose another --out"
    return Lock(path, StorageError(taken))


def holds(path: Path, file: str, what: str) -> bool:
    """Return whether a folder already holds output of this kind; an empty or absent folder may still be used.

    Args:
        path: the folder; hidden files in it do not count.
        file: name of the file that marks such folders.
        what: what they hold, without an article, for the message.

    Raises StorageError if something else is there.
    """
    if (path / file).exists():
        return True
    if path.exists() and not (path.is_dir() and all(entry.name.startswith(".") for entry in path.iterdir())):
        raise StorageError(
            f"{path}: exists and does not hold a {what} ({file} is missing); choose another --out"
        )
    return False
