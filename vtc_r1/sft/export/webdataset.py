"""WebDataset: tar shards of `KEY.json` and the pages `KEY.000.png`, `KEY.001.png` and so on."""

import io
import json
import tarfile
from dataclasses import asdict
from pathlib import Path

from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.building.example import BuiltExample

SHARD_BYTES = 2**28
"""Bytes with which a shard is full."""


def write_webdataset(data: BuiltDataset, folder: Path, model: str) -> int:
    """Write `train-000000.tar` and so on; return the number of examples."""
    count, shard, left = 0, 0, 0
    tar: tarfile.TarFile | None = None
    try:
        for count, example in enumerate(data, 1):
            if tar is None or left <= 0:
                if tar is not None:
                    tar.close()
                tar = tarfile.open(folder / f"train-{shard:06d}.tar", "w", format=tarfile.USTAR_FORMAT)
                shard, left = shard + 1, SHARD_BYTES
            left -= _add(tar, f"{count - 1:09d}", example)
    finally:
        if tar is not None:
            tar.close()
    return count


def _add(tar: tarfile.TarFile, key: str, example: BuiltExample) -> int:
    """Add one example; returns its bytes."""
    fields = {name: value for name, value in asdict(example).items() if name != "images"}
    files = {f"{key}.json": json.dumps(fields, ensure_ascii=False).encode()}
    files |= {f"{key}.{at:03d}.png": png for at, png in enumerate(example.images)}
    for name, content in files.items():
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return sum(map(len, files.values()))
