"""Rows of a file: JSON lines or parquet, each a mapping from column to value."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from vtc_r1.errors import BenchmarkError, MissingExtra, first_line
from vtc_r1.renderers.files import finite

Row = dict[str, Any]
_JSON = (".jsonl", ".ndjson", ".json")
ENDINGS = (*_JSON, ".parquet")
"""Endings of the files that are read."""


def file_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield every row with the words that say where it stands (`line 3`).

    Raises:
        BenchmarkError: the file is absent, empty, of another kind or damaged; says which line.
        MissingExtra: a parquet file, and pyarrow is not installed.
    """
    if not path.is_file():
        raise BenchmarkError(f"{path}: no such file; give JSON lines or parquet by --file")
    if path.suffix == ".parquet":
        rows = _parquet(path)
    elif path.suffix in _JSON:
        rows = _json_lines(path)
    else:
        raise BenchmarkError(f"{path}: {path.suffix or 'no ending'} is not read; give .jsonl or .parquet")
    first = list(islice(rows, 1))
    if not first:
        raise BenchmarkError(f"{path}: holds no row")
    yield first[0]
    yield from rows


def _json_lines(path: Path) -> Iterator[tuple[str, Row]]:
    with finite(path).open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BenchmarkError(
                    f"{path}: line {number} is no JSON ({first_line(error)}); give one object a line"
                ) from error
            if not isinstance(row, dict):
                raise BenchmarkError(f"{path}: line {number} is no object; give one object a line")
            yield f"line {number}", row


def _parquet(path: Path) -> Iterator[tuple[str, Row]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise MissingExtra("pyarrow", "eval", "a parquet file") from error
    try:
        with parquet.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield f"row {number}", row
    except (ArrowException, OSError) as error:
        raise BenchmarkError(f"{path}: no readable parquet file ({first_line(error)})") from error
