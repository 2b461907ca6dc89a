"""Writes an export atomically.

JSON lines with pages as files. WebDataset: tar shards of `KEY.json` and the pages `KEY.000.png`,
`KEY.001.png` and so on, with a card from which `datasets` knows them. TRL: prompts and completions as chat
messages with images, in Parquet that `datasets` reads, and a training file.
"""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import atomic_folder
from vtc_r1.errors import UsageError
from vtc_r1.memory import Parts
from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers.page import Page
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.building.shard import (
    example_groups,
    features,
    image_column,
    image_list,
    memory_items,
    write_batches,
)
from vtc_r1.sft.built.dataset import BuiltDataset, examples_of
from vtc_r1.sft.export.llamafactory import write_llamafactory
from vtc_r1.sft.export.messages import PageFiles, prompt_of

_TEXT = {"dtype": "string", "_type": "Value"}
_MESSAGES = [{"role": _TEXT, "content": [{"type": _TEXT, "text": _TEXT}]}]
_FEATURES = {"prompt": _MESSAGES, "completion": _MESSAGES, "images": [{"_type": "Image"}]}


def write_trl(data: BuiltDataset, folder: Path, model: str) -> int:
    """Write a Parquet file for each shard into `data/`, and `train.yaml`; return the number of examples.

    Columns: `prompt` and `completion`, messages whose content is a list of texts and images, and
    `images`. The loss of TRL's SFTTrainer is on the completion.
    """
    (folder / "train.yaml").write_text(_trl_training(model), encoding="utf-8")
    (folder / "data").mkdir()
    prompts = data.prompts()
    for shard in data.shards:
        with (folder / "data" / shard.name).open("wb") as file:
            write_batches(file, _schema(), _batches(shard, prompts, data.policy), [])
    return len(data)


def _trl_training(model: str) -> str:
    return f"""# trl sft --config train.yaml, in this folder
# hyper-parameters of the VTC-R1 paper (arXiv 2601.22069); unlike it, TRL trains the vision tower too
model_name_or_path: {json.dumps(model)}
dataset_name: data
# TRL cuts examples at 1,024 tokens by default, in silence
max_length: null
completion_only_loss: true

output_dir: saves/vtc-r1
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 1.0e-5
num_train_epochs: 1.0
lr_scheduler_type: cosine
warmup_steps: 0.1
bf16: true
gradient_checkpointing: true
logging_steps: 10
save_steps: 500
"""


def _batches(shard: Path, prompts: PromptSet, policy: type[Parts]) -> Iterator[dict[str, list[Any]]]:
    for group in example_groups(examples_of(shard)):
        yield {
            "prompt": [_prompt(prompt_of(example, prompts, policy)) for example in group],
            "completion": [[_message("assistant", [example.target])] for example in group],
            "images": image_column(group),
        }


def _prompt(prompt: Prompt) -> list[dict[str, Any]]:
    system = [_message("system", [prompt.system])] if prompt.system else []
    return [*system, _message("user", list(prompt.content))]


def _message(role: str, parts: list[str | Page]) -> dict[str, Any]:
    content = [
        {"type": "text", "text": part} if isinstance(part, str) else {"type": "image", "text": None}
        for part in parts
    ]
    return {"role": role, "content": content}


def _schema() -> Any:
    import pyarrow as pa

    part = pa.struct([("type", pa.string()), ("text", pa.string())])
    messages = pa.list_(pa.struct([("role", pa.string()), ("content", pa.list_(part))]))
    note = json.dumps({"info": {"features": _FEATURES}})
    fields = [("prompt", messages), ("completion", messages), ("images", image_list())]
    return pa.schema(fields, metadata={"huggingface": note})


SHARD_BYTES = 2**28  #: size in bytes at which a shard is full


def write_webdataset(data: BuiltDataset, folder: Path, model: str) -> int:
    """Write `train-000000.tar` and so on, and a card with their columns; return the number of examples.

    `datasets` would take the columns of the first examples for those of all, and these have no pages.
    """
    pages = max(len(example.images) for example in data)
    (folder / "README.md").write_text(_webdataset_card(pages), encoding="utf-8")
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


def _webdataset_card(pages: int) -> str:
    """The card that tells `datasets` the columns of shards whose examples have up to so many pages."""
    fields = {name: kind for name, kind in features().items() if name != "images"}
    columns: list[dict[str, Any]] = [{"name": f"{page:03d}.png", "dtype": "image"} for page in range(pages)]
    columns += [{"name": name, "dtype": "string"} for name in ("__key__", "__url__")]
    columns.append({"name": "json", "struct": [_column(name, kind) for name, kind in fields.items()]})
    return f"---\ndataset_info:\n  features: {json.dumps(columns)}\n---\n"


def _column(name: str, kind: Any) -> dict[str, Any]:
    if isinstance(kind, list):
        return {"name": name, "list": [_column(*inner) for inner in kind[0].items()]}
    return {"name": name, "dtype": kind["dtype"]}


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
"""Writer of each format: data set, folder, model → number of examples."""


def export(data: BuiltDataset, form: str, out: Path, *, model: str = "Qwen/Qwen3-VL-8B-Instruct") -> int:
    """Export `data`; `out` is written under a temporary name and renamed once it is complete.

    Args:
        data: a built data set.
        form: one of FORMATS.
        out: the folder to create; it must not exist, or be empty.
        model: the model named in a training configuration.

    Returns:
        The number of examples.

    Raises:
        UsageError: `out` holds something, or the data set's prompt set has changed since.
        StorageError: it cannot be written.
        DataError: the data set cannot be read.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: exists; choose another --out")
    with writable(out), atomic_folder(out) as fresh:
        return FORMATS[form](data, fresh, model)
