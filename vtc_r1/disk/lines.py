"""Append-only files of JSON lines; a torn last line counts as never written."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import readable, writable
from vtc_r1.disk.atomic import atomic_file
from vtc_r1.errors import StorageError, VtcError, first_line

Damaged = Callable[[bytes, StorageError], None]  #: called with a damaged line and its error
REMEDY = "delete the line, and what it held is solved or graded again; or choose another --out"


def every_line(path: Path, kind: type[VtcError] = StorageError) -> Iterator[bytes]:
    """Yield the lines of a file, including a torn last one; raises `kind` if it cannot be read."""
    with readable(path, kind), path.open("rb") as file:
        yield from file


def whole_lines(path: Path) -> Iterator[bytes]:
    """Yield the complete lines of a file with their line ends; none if it is absent. Raises StorageError."""
    with readable(path), suppress(FileNotFoundError), path.open("rb") as file:
        yield from (line for line in file if line.endswith(b"\n"))


def read_lines(path: Path, damaged: Damaged | None = None) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield every complete line with the object that it holds; none if the file is absent.

    Args:
        path: the file.
        damaged: called with a line that does not hold an object, which is then left out.

    Raises StorageError naming such a line if `damaged` is None.
    """
    for number, line in enumerate(whole_lines(path), 1):
        try:
            values = _object(line, f"{path}: line {number}")
        except StorageError as error:
            if damaged is None:
                raise
            damaged(line, error)
            continue
        yield line, values


def pass_over(line: bytes, error: StorageError) -> None:
    """Leave out a damaged line that is reported elsewhere."""


def location(error: StorageError) -> str:
    """Say which line is damaged, without the remedy."""
    return str(error).removesuffix(f"; {REMEDY}")


def torn_line(path: Path) -> bytes:
    """Return the torn last line of a file, empty if it has none or is absent. Raises StorageError."""
    with readable(path), suppress(FileNotFoundError), path.open("rb", buffering=0) as file:
        file.seek(_whole(file))
        return file.read()
    return b""


def append_to(path: Path) -> FileIO:
    """Open a file to append lines, dropping a torn last one. Raises StorageError.

    Nothing is buffered: what could not be written is not retried when the file is closed.
    """
    with writable(path):
        file = path.open("ab+", buffering=0)
        file.truncate(_whole(file))
        return file


def write_line(file: FileIO, line: str | bytes, *, synced: bool = False) -> None:
    """Append a line completely or not at all; it survives the end of this process.

    Args:
        file: what `append_to` returned.
        line: without its line end.
        synced: flush it to the disk too, so that it survives a crash of the machine.

    Raises OSError.
    """
    data = line.encode() if isinstance(line, str) else line
    left, start = memoryview(data + b"\n"), file.seek(0, os.SEEK_END)
    try:
        while left:
            left = left[file.write(left) :]
        if synced:
            os.fsync(file.fileno())
    except OSError:
        # The next line would otherwise be appended to a half-written one.
        file.truncate(start)
        raise


def replace_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Replace the lines of a file atomically: it has the old lines or the new ones."""
    with writable(path), atomic_file(path) as file:
        file.writelines(lines)


def _whole(file: FileIO, block: int = 65_536) -> int:
    """Return the length in bytes up to the end of the last complete line."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - block)
        file.seek(start)
        at = file.read(end - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise StorageError(f"{where} is damaged ({first_line(error)}); {REMEDY}") from error
    if not isinstance(values, dict):
        raise StorageError(f"{where} is not an object; {REMEDY}")
    return values
