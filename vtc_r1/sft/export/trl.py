"""TRL: prompts and completions as chat messages with images, in Parquet that `datasets` reads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers.page import Page
from vtc_r1.sft.building.shard import example_groups, image_column, image_list, write_batches
from vtc_r1.sft.built.dataset import BuiltDataset, examples_of
from vtc_r1.sft.export.messages import prompt_of

_TEXT = {"dtype": "string", "_type": "Value"}
_MESSAGES = [{"role": _TEXT, "content": [{"type": _TEXT, "text": _TEXT}]}]
_FEATURES = {"prompt": _MESSAGES, "completion": _MESSAGES, "images": [{"_type": "Image"}]}


def write_trl(data: BuiltDataset, folder: Path, model: str) -> int:
    """Write a Parquet file for each shard into `data/`; return the number of examples.

    Columns: `prompt` and `completion`, messages whose content is a list of texts and images, and
    `images`. The loss of TRL's SFTTrainer is on the completion.
    """
    (folder / "data").mkdir()
    prompts = data.prompts()
    for shard in data.shards:
        with (folder / "data" / shard.name).open("wb") as file:
            write_batches(file, _schema(), _batches(shard, prompts, data.whole), [])
    return len(data)


def _batches(shard: Path, prompts: PromptSet, whole: bool) -> Iterator[dict[str, list[Any]]]:
    for group in example_groups(examples_of(shard)):
        yield {
            "prompt": [_prompt(prompt_of(example, prompts, whole=whole)) for example in group],
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
