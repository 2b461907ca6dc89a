"""WebDataset: tar shards of `KEY.json` and the pages `KEY.000.png`, `KEY.001.png` and so on."""

import io
import json
import tarfile
from dataclasses import asdict
from itertools import count
from pathlib import Path

from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.building.shard import memory_items
from vtc_r1.sft.built.dataset import BuiltDataset

SHARD_BYTES = 2**28
"""Size in bytes at which a shard is full."""


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
