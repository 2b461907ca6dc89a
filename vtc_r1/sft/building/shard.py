"""Shards: the examples of some rows as one Parquet file that `datasets` reads."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from vtc_r1.disk.atomic import atomic_file
from vtc_r1.prompts.prompt import Note
from vtc_r1.sft.building.example import BuiltExample

ROW_GROUP, ROW_GROUP_BYTES = 64, 2**27
"""Maximum examples of a row group, and the bytes of pages, counting repeats, at which it is full."""
_TEXTS = ("uuid", "task", "profile", "question", "target", "answer", "source")
_NUMBERS = (
    "row",
    "generation",
    "segment",
    "segments",
    "question_tokens",
    "memory_tokens",
    "text_tokens",
    "vision_tokens",
    "target_tokens",
)
COLUMNS = (
    "uuid",
    "row",
    "generation",
    "segment",
    "segments",
    "task",
    "profile",
    "question",
    "images",
    "memory",
    "target",
    "answer",
    "source",
    "question_tokens",
    "memory_tokens",
    "text_tokens",
    "vision_tokens",
    "target_tokens",
)
_BYTES, _PATH = "images.list.element.bytes", "images.list.element.path"
_PAGE, _SEGMENT, _NOTE = (f"memory.list.element.{name}" for name in ("page", "text", "note"))
_DICTIONARY_LIMIT = 2**30


def write_shard(path: Path, examples: Iterable[BuiltExample]) -> tuple[int, int]:
    """Write `examples` to a Parquet file atomically; return their number and the bytes.

    A page that several examples of a row group carry is stored once: its column is a dictionary. No
    file is written if there are no examples.
    """
    groups = example_groups(examples)
    first = next(groups, None)
    if first is None:
        return 0, 0
    count = 0

    def batches() -> Iterator[dict[str, list[Any]]]:
        nonlocal count
        for group in chain([first], groups):
            count += len(group)
            yield _columns(group)

    with atomic_file(path) as file:
        repeated = ["uuid", "task", "profile", "question", "answer", "source", _SEGMENT, _NOTE]
        write_batches(file, schema(), batches(), repeated)
        size = file.tell()
    return count, size


def write_batches(
    file: BinaryIO, kind: Any, batches: Iterable[dict[str, list[Any]]], repeated: list[str]
) -> None:
    """Write columns to an open Parquet file, a row group for each batch.

    Args:
        file: the target.
        kind: the Arrow schema; it has `images`.
        batches: values by column.
        repeated: other columns whose values recur, nested ones by the path of their leaf.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    nested = {"images": (_PATH,), "memory": (_PAGE, _SEGMENT, _NOTE)}
    others = [leaf for name in kind.names for leaf in nested.get(name, (name,))]
    with pq.ParquetWriter(
        file,
        kind,
        # PNG is compressed already. Pages recur in the examples of a trace: a dictionary stores each once
        # as long as it is below the limit, beyond which Parquet falls back to plain values.
        compression=dict.fromkeys(others, "zstd") | {_BYTES: "none"},
        use_dictionary=[*repeated, _BYTES],
        dictionary_pagesize_limit=_DICTIONARY_LIMIT,
        write_statistics=False,
    ) as writer:
        for batch in batches:
            writer.write_batch(pa.RecordBatch.from_pydict(batch, schema=kind))


def schema() -> Any:
    """The Arrow schema, with the metadata by which `datasets` recognises the pages as images."""
    import pyarrow as pa

    types = {name: pa.string() for name in _TEXTS} | {name: pa.int32() for name in _NUMBERS}
    types["row"] = pa.int64()
    types["images"] = image_list()
    item = [("page", pa.int32()), ("text", pa.string()), ("note", pa.string())]
    types["memory"] = pa.list_(pa.struct(item))
    note = json.dumps({"info": {"features": features()}})
    return pa.schema([(name, types[name]) for name in COLUMNS], metadata={"huggingface": note})


def image_list() -> Any:
    """The Arrow type of a list of images, as `datasets` stores them."""
    import pyarrow as pa

    return pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))


def features() -> dict[str, Any]:
    """The columns in the form of `datasets.Features.to_dict()`."""
    kinds: dict[str, Any] = {name: {"dtype": "string", "_type": "Value"} for name in _TEXTS}
    kinds |= {name: {"dtype": "int32", "_type": "Value"} for name in _NUMBERS}
    kinds["row"] = {"dtype": "int64", "_type": "Value"}
    kinds["images"] = [{"_type": "Image"}]
    kinds["memory"] = [{"page": kinds["segment"], "text": kinds["target"], "note": kinds["target"]}]
    return {name: kinds[name] for name in COLUMNS}


def example_groups(examples: Iterable[BuiltExample]) -> Iterator[list[BuiltExample]]:
    """Put examples into row groups, by number and by the bytes of their pages."""
    group: list[BuiltExample] = []
    size = 0
    for example in examples:
        group.append(example)
        size += sum(map(len, example.images))
        if len(group) == ROW_GROUP or size >= ROW_GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _columns(group: list[BuiltExample]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        name: [getattr(example, name) for example in group] for name in COLUMNS if name != "images"
    }
    columns["images"] = image_column(group)
    columns["memory"] = [memory_items(example) for example in group]
    return columns


def memory_items(example: BuiltExample) -> list[dict[str, int | str | None]]:
    """The memory of an example as records: the index of a page, or a text and which kind of note it is."""
    return [
        {"page": part, "text": None, "note": None}
        if isinstance(part, int)
        else {"page": None, "text": part, "note": part.kind if isinstance(part, Note) else None}
        for part in example.memory
    ]


def image_column(group: list[BuiltExample]) -> list[list[dict[str, bytes | None]]]:
    """The pages of some examples as `datasets` stores images."""
    return [[{"bytes": png, "path": None} for png in example.images] for example in group]
