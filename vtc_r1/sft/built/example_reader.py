"""Single examples of a data set in any order."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from vtc_r1.errors import DataError, first_line
from vtc_r1.renderers.lru_cache import LruCache
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.building.shard import COLUMNS
from vtc_r1.sft.built.dataset import example_of
from vtc_r1.sft.parquet import open_parquet

_GROUPS, _BYTES = 4096, 2**28


class ExampleReader:
    """Reads the row group that an example is in, and keeps the groups read last.

    Args:
        shards: the data set's files in order.

    Raises:
        DataError: a file cannot be read.
    """

    def __init__(self, shards: Sequence[Path]) -> None:
        self._groups: list[tuple[Path, int]] = []
        counts: list[int] = []
        for path in shards:
            metadata = open_parquet(path, DataError).metadata
            self._groups += [(path, group) for group in range(metadata.num_row_groups)]
            counts += [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        self._ends = list(accumulate(counts))
        self._starts = [0, *self._ends[:-1]]
        self._read: LruCache[Any] = LruCache(_GROUPS, _BYTES)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, number: int) -> BuiltExample:
        if not 0 <= number < len(self):
            raise IndexError(number)
        group = bisect_right(self._ends, number)
        return example_of(self._table(group).slice(number - self._starts[group], 1).to_pylist()[0])

    def _table(self, group: int) -> Any:
        import pyarrow as pa

        table = self._read.get(group)
        if table is None:
            path, within = self._groups[group]
            try:
                table = open_parquet(path, DataError).read_row_group(within, list(COLUMNS))
            except (OSError, pa.ArrowException) as error:
                raise DataError(f"{path}: is damaged ({first_line(error)})") from error
            self._read.put(group, table, table.nbytes)
        return table
