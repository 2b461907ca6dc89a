"""Writing an export whole or not at all; JSON lines with pages as files, and WebDataset's tar shards."""

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import asdict
from itertools import count
from pathlib import Path

from vtc_r1.disk.access import writable
from vtc_r1.disk.whole import whole_folder
from vtc_r1.errors import UsageError
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.building.shard import memory_items
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.export.llamafactory import write_llamafactory
from vtc_r1.sft.export.messages import PageFiles
from vtc_r1.sft.export.trl import write_trl

SHARD_BYTES = 2**28  #: bytes with which a shard is full


def write_webdataset(data: BuiltDataset, folder: Path, model: str) -> int:
    """Write `train-000000.tar` and so on; return the number of examples."""
    numbered = enumerate(data)
    pending = next(numbered, None)
    for shard in count():
        if pending is None:
            break
        left = SHARD_BYTES
        with tarfile.open(folder / f"train-{shard:06d}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
            while pending is not None and left > 0:
                left -= _add(tar, f"{pending[0]:09d}", pending[1])
                pending = next(numbered, None)
    return len(data)


def _add(tar: tarfile.TarFile, key: str, example: BuiltExample) -> int:
    """Add one example; returns its bytes."""
    fields = {name: value for name, value in asdict(example).items() if name != "images"}
    fields["memory"] = memory_items(example)
    files = {f"{key}.json": json.dumps(fields, ensure_ascii=False).encode()}
    files |= {f"{key}.{at:03d}.png": png for at, png in enumerate(example.images)}
    for name, content in files.items():
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return sum(map(len, files.values()))


def write_jsonl(data: BuiltDataset, folder: Path, model: str) -> int:
    """Write `train.jsonl`, whose `images` are paths, and `pages/`; return the number of examples."""
    pages, count = PageFiles(folder), 0
    with (folder / "train.jsonl").open("w", encoding="utf-8") as file:
        for example in data:
            row = {**asdict(example), "images": pages.paths(example), "memory": memory_items(example)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


FORMATS: dict[str, Callable[[BuiltDataset, Path, str], int]] = {
    "llamafactory": write_llamafactory,
    "trl": write_trl,
    "webdataset": write_webdataset,
    "jsonl": write_jsonl,
}
"""What writes each format: data set, folder, model → number of examples."""


def export(data: BuiltDataset, form: str, out: Path, *, model: str = "Qwen/Qwen3-VL-8B-Instruct") -> int:
    """Export `data`; `out` is written beside its place and gets its name once it is whole.

    Args:
        data: a built data set.
        form: one of FORMATS.
        out: the folder to make; it must not exist, or be empty.
        model: what a training configuration names.

    Returns:
        The number of examples.

    Raises:
        UsageError: `out` holds something, or the data set's prompt set has changed since.
        StorageError: it cannot be written.
        DataError: the data set cannot be read.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: exists; choose another --out")
    with writable(out), whole_folder(out) as fresh:
        return FORMATS[form](data, fresh, model)
