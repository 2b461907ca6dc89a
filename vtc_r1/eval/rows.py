"""Rows of a file (JSON lines, a JSON array, CSV or Parquet), each a mapping from column to value."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import finite
from vtc_r1.errors import BenchmarkError, MissingExtra, first_line

Row = dict[str, Any]
_LINES = (".jsonl", ".ndjson")
_TABLES = {".csv": ",", ".tsv": "\t"}
ENDINGS = (*_LINES, ".json", *_TABLES, ".parquet")  #: supported file extensions
_WRAPPERS = ("data", "rows", "examples", "instances", "problems", "questions", "test", "train", "validation")
"""Names under which a JSON object holds the rows of a data set."""
_LONGEST = 1 << 28  #: the longest cell of a table, in characters; documents are long


def file_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield every row with its position in words (`line 3`, `row 3`).

    Raises:
        BenchmarkError: the file is absent, empty, of another kind or damaged; names the line.
        MissingExtra: it is a Parquet file, and pyarrow is not installed.
    """
    if not path.is_file():
        raise BenchmarkError(f"{path}: no such file; pass JSON, CSV or Parquet with --file")
    ending = path.suffix.lower()
    if ending == ".parquet":
        rows = _parquet(path)
    elif ending in _TABLES:
        rows = _table(path, _TABLES[ending])
    elif ending == ".json":
        rows = _json(path)
    elif ending in _LINES:
        rows = _json_lines(path)
    else:
        raise BenchmarkError(f"{path}: {ending or 'no extension'} is not read; use {', '.join(ENDINGS)}")
    first = list(islice(rows, 1))
    if not first:
        raise BenchmarkError(f"{path}: has no rows")
    yield first[0]
    yield from rows


def _json_lines(path: Path) -> Iterator[tuple[str, Row]]:
    with finite(path).open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BenchmarkError(
                    f"{path}: line {number} is not JSON ({first_line(error)}); write one object per line"
                ) from error
            if not isinstance(row, dict):
                raise BenchmarkError(f"{path}: line {number} is not an object; write one object per line")
            yield f"line {number}", row


def _json(path: Path) -> Iterator[tuple[str, Row]]:
    """Read an array of objects, an object that holds one such array, or JSON lines."""
    try:
        found = json.loads(finite(path).read_bytes())
    except (ValueError, RecursionError) as error:
        if path.read_bytes().removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
            raise BenchmarkError(f"{path}: is not JSON ({first_line(error)})") from error
        yield from _json_lines(path)
        return
    rows, inside = found, ""
    if isinstance(found, dict):
        arrays = [name for name in _WRAPPERS if _is_rows(found.get(name))]
        if len(arrays) > 1:
            raise BenchmarkError(
                f"{path}: holds several arrays of objects ({', '.join(map(repr, arrays))}); keep one of them"
            )
        rows, inside = (found[arrays[0]], f"{arrays[0]!r} ") if arrays else ([found], "")
    if not isinstance(rows, list):
        raise BenchmarkError(f"{path}: holds no object; write an array of objects, or one object per line")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BenchmarkError(f"{path}: {inside}row {number} is not an object; write an array of objects")
        yield f"{inside}row {number}", row


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _table(path: Path, separator: str) -> Iterator[tuple[str, Row]]:
    """Read a table with a header; cells are text."""
    csv.field_size_limit(_LONGEST)
    try:
        with finite(path).open(encoding="utf-8-sig", newline="") as file:
            start = file.readline()
            if separator == "," and "," not in start and ";" in start:
                separator = ";"
            file.seek(0)
            cells = csv.reader(file, delimiter=separator, strict=True)
            head = next(cells, [])
            twice = [name for name, times in Counter(head).items() if times > 1]
            if twice:
                raise BenchmarkError(
                    f"{path}: column {twice[0]!r} appears twice; give each column its own name"
                )
            for row in cells:
                if not row:
                    continue
                if len(row) != len(head):
                    raise BenchmarkError(
                        f"{path}: line {cells.line_num} has {len(row)} cells, the header {len(head)}; quote "
                        f"cells that hold {separator!r} or a line break"
                    )
                yield f"line {cells.line_num}", dict(zip(head, row, strict=True))
    except csv.Error as error:
        raise BenchmarkError(f"{path}: line {cells.line_num} is not CSV ({first_line(error)})") from error
    except UnicodeDecodeError as error:
        raise BenchmarkError(f"{path}: is not UTF-8 ({first_line(error)}); save it as UTF-8") from error


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
        raise BenchmarkError(f"{path}: is not a readable parquet file ({first_line(error)})") from error
