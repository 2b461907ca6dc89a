"""Local Parquet and JSON lines files as sources: finding them, their rows and their identity."""

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import readable
from vtc_r1.disk.lines import every_line
from vtc_r1.errors import SourceError
from vtc_r1.sft.parquet import open_parquet, read_rows
from vtc_r1.sft.sources.base import COLUMNS, Record, check_columns

KINDS = (".parquet", ".jsonl")
_PROBE = 2**20


def list_files(path: Path) -> list[Path]:
    """Return the file, or the files of one kind in a folder in the order of their names, as full paths."""
    path = path.resolve()
    if path.is_file():
        if path.suffix not in KINDS:
            raise SourceError(f"{path}: is neither .parquet nor .jsonl")
        return [path]
    for kind in KINDS:
        if files := sorted(path.glob(f"*{kind}")) or sorted(path.glob(f"data/*{kind}")):
            return files
    raise SourceError(f"{path}: holds neither .parquet nor .jsonl files")


def identity(kind: str, files: list[Path]) -> dict[str, Any]:
    """Return names, sizes and hashes of both ends of `files`; raises SourceError."""
    return {"kind": kind, "files": [_file(path) for path in files]}


def _file(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with readable(path, SourceError), path.open("rb") as file:
        size = path.stat().st_size
        digest.update(file.read(_PROBE))
        file.seek(max(0, size - _PROBE))
        digest.update(file.read(_PROBE))
    return {"name": path.name, "bytes": size, "sha256_of_ends": digest.hexdigest()}


class JsonlSource:
    """The rows of some files of JSON lines, one file after the other; blank lines are not rows.

    Columns are checked on the first row of each file; a later row that lacks one is dropped.
    Raises SourceError.
    """

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.identity = identity("jsonl", files)
        for path in files:
            first = next(_lines(path), None)
            record = None if first is None else _record(first)
            if record is None:
                raise SourceError(f"{path}: its first line is not a JSON object")
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


class ParquetSource:
    """The rows of some Parquet files, one file after the other.

    Raises SourceError if a file cannot be read or lacks a column.
    """

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.identity = identity("parquet", files)
        self._counts, self._columns = [], []
        for path in files:
            file = open_parquet(path, SourceError)
            self._counts.append(file.metadata.num_rows)
            self._columns.append(check_columns(str(path), file.schema_arrow.names))
        self.count: int | None = sum(self._counts)

    def rows(self, start: int, stop: int | None = None) -> Iterator[Record]:
        """Read rows `start` up to `stop`; row groups before `start` are not decoded."""
        return islice(self._from(start), None if stop is None else max(0, stop - start))

    def _from(self, start: int) -> Iterator[Record]:
        for path, count, columns in zip(self.files, self._counts, self._columns, strict=True):
            if start < count:
                yield from read_rows(path, columns, start, SourceError)
            start = max(0, start - count)
