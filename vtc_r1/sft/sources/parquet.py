"""Parquet files as a source."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vtc_r1.errors import SourceError, first_line
from vtc_r1.sft.sources.base import Record, check_columns
from vtc_r1.sft.sources.files import identity

_BATCH = 32
"""Rows that are decoded at a time."""


class ParquetSource:
    """The rows of some Parquet files, one file after the other.

    Raises SourceError where a file cannot be read or lacks a column.
    """

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.identity = identity("parquet", files)
        self._counts, self._columns = [], []
        for path in files:
            file = _open(path)
            self._counts.append(file.metadata.num_rows)
            self._columns.append(check_columns(str(path), file.schema_arrow.names))
        self.count: int | None = sum(self._counts)

    def rows(self, start: int, stop: int | None = None) -> Iterator[Record]:
        """Read rows `start` up to `stop`; row groups before `start` are not decoded."""
        left = (self.count or 0) if stop is None else stop
        left -= start
        for path, count, columns in zip(self.files, self._counts, self._columns, strict=True):
            if left <= 0:
                return
            if start < count:
                for row in self._file(path, columns, start, left):
                    left -= 1
                    yield row
            start = max(0, start - count)

    def _file(self, path: Path, columns: list[str], start: int, most: int) -> Iterator[dict[str, Any]]:
        file = _open(path)
        groups = []
        for at in range(file.metadata.num_row_groups):
            count = file.metadata.row_group(at).num_rows
            if groups or start < count:
                groups.append(at)
            else:
                start -= count
        try:
            for batch in file.iter_batches(_BATCH, groups, columns):
                rows = batch.slice(start, most).to_pylist() if start < batch.num_rows else []
                start = max(0, start - batch.num_rows)
                most -= len(rows)
                yield from rows
                if not most:
                    return
        except (OSError, ValueError) as error:
            raise SourceError(f"{path}: cannot be read ({first_line(error)})") from error


def _open(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{path}: is no readable Parquet file ({first_line(error)})") from error
