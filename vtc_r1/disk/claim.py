"""A folder that one kind of thing lies in, claimed for one process."""

from pathlib import Path

from vtc_r1.disk.lock import Lock
from vtc_r1.errors import StorageError


def claim(path: Path, program: str) -> Lock:
    """Make a folder where it is absent, and take it for this process.

    Args:
        path: the folder.
        program: the command that writes to such folders, for the message.

    Raises:
        StorageError: another process has it.
        OSError: it cannot be made.
    """
    path.mkdir(parents=True, exist_ok=True)
    taken = f"{path}: another {program} writes to it; wait for it, or choose another --out"
    return Lock(path, StorageError(taken))


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
