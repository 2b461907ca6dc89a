"""Opens a source named by the user."""

import re
from pathlib import Path

from vtc_r1.errors import MissingExtra, SourceError
from vtc_r1.sft.sources.base import Source
from vtc_r1.sft.sources.files import list_files

EXAMPLE = "example"  #: the name of the shipped rows: word problems, some with an unusable generation

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def open_source(
    name: str, *, subset: str | None = None, split: str = "train", revision: str | None = None
) -> Source:
    """Open a hub id, a `.parquet` or `.jsonl` file, a folder of either, or the shipped rows.

    Args:
        name: what to open; something that exists here is taken as a file or folder;
            `example` is the shipped rows.
        subset: configuration of a hub data set.
        split: its split.
        revision: its branch, tag or commit.

    Raises:
        SourceError: it cannot be read, or lacks a required column.
        MissingExtra: the package that reads it is not installed.
    """
    path = Path(name)
    if name == EXAMPLE and not path.exists():
        path = Path(__file__).with_name("example.jsonl")
    if path.exists():
        files = list_files(path)
        if files[0].suffix == ".jsonl":
            from vtc_r1.sft.sources.files import JsonlSource

            return JsonlSource(files)
        try:
            from vtc_r1.sft.sources.files import ParquetSource

            return ParquetSource(files)
        except ImportError as error:
            raise MissingExtra(error.name or "pyarrow", "data", "reading Parquet files") from error
    if path.suffix in (".parquet", ".jsonl") or not _HUB_ID.fullmatch(name):
        raise SourceError(
            f"{name}: there is no such file, and it is not a hub id such as "
            f"open-r1/OpenR1-Math-220k, nor {EXAMPLE}"
        )
    from vtc_r1.sft.sources.hub import HubSource

    return HubSource(name, subset, split, revision)
