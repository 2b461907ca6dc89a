"""Reads rows of a Parquet file, starting at any row."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vtc_r1.errors import VtcError, first_line

_BATCH = 32
"""Number of rows decoded at a time."""


def open_parquet(path: Path, refuse: type[VtcError]) -> Any:
    """Open a file as `pyarrow.parquet.ParquetFile`; raises `refuse` if it is not one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise refuse(f"{path}: is not a readable Parquet file ({first_line(error)})") from error


def read_rows(
    path: Path, columns: Sequence[str], start: int, refuse: type[VtcError]
) -> Iterator[dict[str, Any]]:
    """Read rows starting at `start`; row groups before it are not decoded.

    Raises `refuse` if the file cannot be read.
    """
    import pyarrow as pa

    file = open_parquet(path, refuse)
    groups: list[int] = []
    for at in range(file.metadata.num_row_groups):
        count = file.metadata.row_group(at).num_rows
        if groups or start < count:
            groups.append(at)
        else:
            start -= count
    try:
        for batch in file.iter_batches(_BATCH, groups, list(columns)):
            if start < batch.num_rows:
                yield from batch.slice(start).to_pylist()
            start = max(0, start - batch.num_rows)
    except (OSError, pa.ArrowException) as error:
        raise refuse(f"{path}: is damaged ({first_line(error)})") from error
