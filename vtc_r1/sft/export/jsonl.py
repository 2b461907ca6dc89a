"""JSON lines with the pages as files next to them."""

import json
from dataclasses import asdict
from pathlib import Path

from vtc_r1.sft.building.shard import memory_items
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.export.pages import PageFiles


def write_jsonl(data: BuiltDataset, folder: Path, model: str) -> int:
    """Write `train.jsonl`, whose `images` are paths, and `pages/`; return the number of examples."""
    pages, count = PageFiles(folder), 0
    with (folder / "train.jsonl").open("w", encoding="utf-8") as file:
        for example in data:
            row = {**asdict(example), "images": pages.paths(example), "memory": memory_items(example)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count
