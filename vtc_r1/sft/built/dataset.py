"""A built data set on disk: its examples one after another, or single ones in any order."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from vtc_r1.errors import DataError, UsageError, first_line
from vtc_r1.memory import Parts, memory_policy
from vtc_r1.prompts import PromptSet
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers.lru_cache import LruCache
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.building.shard import COLUMNS
from vtc_r1.sft.building.workspace import read_manifest
from vtc_r1.sft.parquet import open_parquet, read_rows


class BuiltDataset:
    """What a finished build left in its folder.

    Args:
        folder: the folder.

    Attributes:
        config: what it was built with.
        manifest: figures of the build.
        shards: its files, in the order of the examples.

    Raises:
        DataError: the folder holds no finished build, or not all of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.manifest = read_manifest(folder)
        self.shards = shard_files(folder)
        self._counts = [open_parquet(path, DataError).metadata.num_rows for path in self.shards]
        if len(self) != self.manifest["examples"]:
            raise DataError(
                f"{folder}: holds {len(self)} of {self.manifest['examples']} examples; files are missing"
            )

    def __len__(self) -> int:
        return sum(self._counts)

    def __iter__(self) -> Iterator[BuiltExample]:
        return self._read(0)

    def __getitem__(self, at: int) -> BuiltExample:
        if not 0 <= at < len(self):
            raise IndexError(at)
        return next(self._read(at))

    @property
    def policy(self) -> type[Parts]:
        """The memory policy that the examples are for."""
        return memory_policy(self.config.memory).kind

    @property
    def whole(self) -> bool:
        """Whether every trace is one segment."""
        return self.policy.max_iterations == 1

    def prompts(self) -> PromptSet:
        """Return the prompt set that the examples are for; raises UsageError if it has changed."""
        found = PromptSet(self.config.prompts)
        if found.sha256 != self.config.prompts_sha256:
            raise UsageError(
                f"{self.folder}: was built for another state of the prompt set {self.config.prompts}; "
                "build it again"
            )
        return found

    def _read(self, start: int) -> Iterator[BuiltExample]:
        for path, count in zip(self.shards, self._counts, strict=True):
            if start < count:
                yield from examples_of(path, start)
            start = max(0, start - count)


def shard_files(folder: Path) -> list[Path]:
    """Return the Parquet files of a data set in the order of the examples."""
    return sorted((folder / "data").glob("train-*.parquet"))


def read_columns(shards: Sequence[Path], names: Sequence[str]) -> dict[str, Any]:
    """Read some columns of all examples as numpy arrays; pages are not touched for it."""
    import numpy as np

    tables = [open_parquet(path, DataError).read(list(names)) for path in shards]
    return {
        name: np.concatenate([table[name].to_numpy() for table in tables]) if tables else np.array([])
        for name in names
    }


def examples_of(path: Path, start: int = 0) -> Iterator[BuiltExample]:
    """Read the examples of one shard from the one numbered `start` on."""
    for row in read_rows(path, COLUMNS, start, DataError):
        yield example_of(row)


def texts_of(path: Path) -> Iterator[BuiltExample]:
    """Read the examples of one shard without their images."""
    for row in read_rows(path, [name for name in COLUMNS if name != "images"], 0, DataError):
        yield example_of({**row, "images": ()})


def example_of(row: Mapping[str, Any]) -> BuiltExample:
    """Return the example that a row of a shard holds."""
    images = tuple(image["bytes"] for image in row["images"])
    return BuiltExample(**{**row, "images": images, "memory": tuple(map(_memory_of, row["memory"]))})


def _memory_of(item: Mapping[str, Any]) -> int | str:
    """Return a record of the memory as the loop's prompt takes it, pages by their index."""
    if item["page"] is not None:
        return int(item["page"])
    return str(item["text"]) if item["note"] is None else Note(item["text"], item["note"])


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
