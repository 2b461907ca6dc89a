"""JSON lines as a source."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from vtc_r1.disk.lines import every_line
from vtc_r1.errors import SourceError
from vtc_r1.sft.sources.base import COLUMNS, Record, check_columns
from vtc_r1.sft.sources.files import identity


class JsonlSource:
    """The rows of some files of JSON lines, one file after the other; blank lines are no rows.

    Columns are checked on the first row of each file; a later row may lack one, and is dropped for it.
    Raises SourceError.
    """

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.identity = identity("jsonl", files)
        for path in files:
            first = next(_lines(path), None)
            record = None if first is None else _record(first)
            if record is None:
                raise SourceError(f"{path}: its first line is no JSON object")
            check_columns(str(path), record)
        self.count: int | None = sum(1 for path in files for _ in _lines(path))

    def rows(self, start: int, stop: int | None = None) -> Iterator[Record]:
        """Read rows `start` up to `stop`; lines before `start` are not parsed."""
        lines = (line for path in self.files for line in _lines(path))
        return map(_record, islice(lines, start, stop))


def _lines(path: Path) -> Iterator[bytes]:
    return (line for line in every_line(path, SourceError) if not line.isspace())


def _record(line: bytes) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    return {name: record[name] for name in COLUMNS if name in record}
