"""A data set of the Hugging Face hub as a source, streamed."""

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from typing import Any

from vtc_r1.errors import MissingExtra, SourceError, first_line
from vtc_r1.hub import away, from_hub
from vtc_r1.sft.sources.base import Record, check_columns


class HubSource:
    """One split of a data set that `datasets` can load, streamed rather than downloaded first.

    Args:
        path: hub id, or a folder of the same form.
        name: configuration; the default one if None.
        split: split.
        revision: branch, tag or commit; it is resolved to the commit, which is used for all reading.

    Raises:
        MissingExtra: `datasets` is not installed.
        SourceError: the data set cannot be read, or lacks a column.
    """

    def __init__(self, path: str, name: str | None, split: str, revision: str | None = None) -> None:
        if find_spec("datasets") is None:
            raise MissingExtra("datasets", "data", "reading a data set from the hub")
        self.path, self.name, self.split = path, name, split
        with from_hub(path) as why_not:
            try:
                self.revision = _commit(path, revision)
                stream = self._stream()
                self.count: int | None = _count(stream, split)
                columns = stream.column_names or next(iter(self._reading(stream.take(1))), {})
            except SourceError as error:
                if why_not is None:
                    raise
                raise away(SourceError(f"{path}: is not a file here, and {why_not}")) from error
        self.identity: dict[str, Any] = {
            "kind": "hub",
            "id": path,
            "name": name,
            "split": split,
            "revision": self.revision,
        }
        self._columns = check_columns(path, columns)

    def rows(self, start: int, stop: int | None = None) -> Iterator[Record]:
        """Read rows `start` up to `stop`."""
        stream = self._stream().select_columns(self._columns)
        stream = stream.skip(start) if start else stream
        return islice(self._reading(stream), None if stop is None else stop - start)

    def _stream(self) -> Any:
        try:
            from datasets import load_dataset

            return load_dataset(
                self.path, self.name, split=self.split, streaming=True, revision=self.revision
            )
        except Exception as error:  # the library raises whatever its transport raises
            raise SourceError(f"{self.path}: cannot be opened ({first_line(error)})") from error

    def _reading(self, stream: Any) -> Iterator[dict[str, Any]]:
        try:
            yield from stream
        except Exception as error:  # the library raises whatever its transport raises
            raise SourceError(
                f"{self.path}: reading stopped ({first_line(error)}); run the same command again to resume"
            ) from error


def _commit(path: str, revision: str | None) -> str | None:
    """The current commit of a revision; None for a local folder."""
    from pathlib import Path

    if Path(path).exists():
        return None
    try:
        from huggingface_hub import HfApi

        return HfApi().dataset_info(path, revision=revision).sha
    except Exception as error:  # the client raises whatever its transport raises
        raise SourceError(
            f"{path}: is not a file here, and not reached on the hub ({first_line(error)})"
        ) from error


def _count(stream: Any, split: str) -> int | None:
    splits = getattr(stream.info, "splits", None) or {}
    known = splits.get(split)
    return known.num_examples if known is not None and known.num_examples else None
