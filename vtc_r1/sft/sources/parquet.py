"""Parquet files as a source."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from vtc_r1.errors import SourceError
from vtc_r1.sft.parquet import open_parquet, read_rows
from vtc_r1.sft.sources.base import Record, check_columns
from vtc_r1.sft.sources.files import identity


class ParquetSource:
    """The rows of some Parquet files, one file after the other.

    Raises SourceError where a file cannot be read or lacks a column.
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
