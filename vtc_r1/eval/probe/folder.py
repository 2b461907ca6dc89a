"""The folder of a probe: readings are stored as they arrive.

setup.json        the reader and the texts
readings.jsonl    a line for every page that was read
result.json       the figures, as `load_result` reads them
"""

from collections.abc import Iterable
from contextlib import ExitStack
from functools import cached_property
from io import FileIO
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from vtc_r1.disk.access import readable, writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.disk.claim import claim, holds
from vtc_r1.disk.lines import append_to, read_lines, write_line
from vtc_r1.errors import StorageError, Unreadable, UsageError, first_line
from vtc_r1.eval.probe.reading import Key, PageReading
from vtc_r1.eval.probe.result import ProbeResult
from vtc_r1.eval.probe.setup import ProbeSetup

SETUP, READINGS, RESULT = "setup.json", "readings.jsonl", "result.json"
_ANOTHER = "choose another --out"


class ProbeFolder:
    """A folder of readings, open for writing; an existing one of the same probe is resumed.

    Args:
        path: the folder; created if absent.

    Raises:
        StorageError: it cannot be written, holds something else, or another process writes to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with ExitStack() as opened:
            with writable(path):
                opened.enter_context(claim(path, "vtc-r1 probe"))
                self.setup = _setup(path)
            self._open = opened.pop_all()

    @cached_property
    def _lines(self) -> FileIO:
        """The file of readings; opened only after the setup, which identifies the folder, is written."""
        return self._open.enter_context(append_to(self.path / READINGS))

    def agree(self, setup: ProbeSetup) -> ProbeSetup:
        """Record a setup; raises UsageError if the folder has readings of another one."""
        difference = None if self.setup is None else self.setup.difference(setup)
        if difference is not None and next(read_lines(self.path / READINGS), None):
            raise UsageError(f"{self.path}: holds another probe ({difference}); {_ANOTHER}")
        if self.setup is not None and difference is None:
            setup = self.setup.joined(setup)
        if setup != self.setup:
            self._write(SETUP, setup.model_dump_json(indent=2))
            self.setup = setup
        return setup

    def readings(self) -> dict[Key, PageReading]:
        """Return the stored readings; raises StorageError for a line that is not a reading."""
        path = self.path / READINGS
        found = {}
        for number, (_, values) in enumerate(read_lines(path), 1):
            try:
                reading = PageReading.parse(values)
            except ValueError as error:
                raise StorageError(
                    f"{path}: line {number} is not a reading ({first_line(error)}); remove it, or {_ANOTHER}"
                ) from error
            found[reading.key] = reading
        return found

    def add(self, reading: PageReading) -> None:
        """Store a reading."""
        with writable(self.path):
            write_line(self._lines, reading.model_dump_json())

    def conclude(self, result: ProbeResult, files: Iterable[tuple[str, bytes]] = ()) -> None:
        """Store the figures, and the files that show them."""
        self._write(RESULT, result.model_dump_json(indent=2))
        for name, data in files:
            self._write(name, data)

    def close(self) -> None:
        """Release the folder for other processes."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _write(self, name: str, data: str | bytes) -> None:
        with writable(self.path):
            write_atomic(self.path / name, f"{data}\n".encode() if isinstance(data, str) else data)


def load_result(path: Path) -> ProbeResult:
    """Read a stored result: `result.json`, or the folder that holds it.

    Raises StorageError if it is not a result, or has another version.
    """
    file = path / RESULT if path.is_dir() else path
    try:
        with readable(file, Unreadable, "vtc-r1 probe writes it"):
            return ProbeResult.parse(file.read_bytes())
    except ValueError as error:
        raise Unreadable(f"{file}: is not the result of a probe ({first_line(error)})") from error


def _setup(path: Path) -> ProbeSetup | None:
    file = path / SETUP
    if not holds(path, SETUP, "probe"):
        return None
    try:
        setup = ProbeSetup.model_validate_json(file.read_bytes())
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise StorageError(f"{file}: is not a setup of this version ({reason}); {_ANOTHER}") from error
    known = ProbeSetup.model_fields["version"].default
    if setup.version != known:
        raise StorageError(f"{file}: has version {setup.version}, this program reads {known}; {_ANOTHER}")
    return setup
