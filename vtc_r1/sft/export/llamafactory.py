"""LLaMA-Factory: a sharegpt file with images, its dataset entry, a training file, and that of DeepSpeed.

The training file has the hyper-parameters of the VTC-R1 paper (arXiv 2601.22069). LLaMA-Factory
scales down what has more pixels than `image_max_pixels`, 589,824 by default: a 672×896 page has more.
It cuts what is longer than `cutoff_len`, so that is above every example.
"""

import json
import re
from pathlib import Path
from typing import Any

from vtc_r1.errors import UsageError
from vtc_r1.prompts import Prompt
from vtc_r1.renderers.page import Page
from vtc_r1.renderers.vision.area import AreaFamily
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.export.messages import PageFiles, most_tokens, prompt_of

DATASET = "vtc_r1"
_IMAGE = "<image>"
_PLACEHOLDER = re.compile(r"<(?=(?:image|video|audio)>)")
_ENTRY = {
    "file_name": "train.jsonl",
    "formatting": "sharegpt",
    "columns": {"messages": "messages", "images": "images", "system": "system"},
    "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"},
}
_DEEPSPEED = {
    "train_batch_size": "auto",
    "train_micro_batch_size_per_gpu": "auto",
    "gradient_accumulation_steps": "auto",
    "gradient_clipping": "auto",
    "zero_allow_untested_optimizer": True,
    "bf16": {"enabled": "auto"},
    "zero_optimization": {
        "stage": 3,
        "overlap_comm": True,
        "contiguous_gradients": True,
        "stage3_gather_16bit_weights_on_model_save": True,
    },
}
"""ZeRO-3; the configurations of LLaMA-Factory are in its repository, but not in its wheel."""
_TEMPLATES = {"qwen3-vl": "qwen3_vl_nothink", "qwen2.5-vl": "qwen2_vl", "glm-4.1v": "glm4v"}


def write_llamafactory(data: BuiltDataset, folder: Path, model: str) -> int:
    """Write `train.jsonl`, `pages/`, `dataset_info.json`, `train.yaml` and `ds_z3.json`; return the examples.

    Raises UsageError for pages of a family that LLaMA-Factory has no template for.
    """
    family = data.config.profile.family
    if family not in _TEMPLATES:
        raise UsageError(
            f"{data.folder}: its pages are for {family}; "
            f"LLaMA-Factory has templates for {', '.join(_TEMPLATES)}"
        )
    prompts, pages, longest = data.prompts(), PageFiles(folder), data.config.max_tokens
    with (folder / "train.jsonl").open("w", encoding="utf-8") as file:
        for example in data:
            prompt = prompt_of(example, prompts, data.policy)
            longest = max(longest, most_tokens(example, prompt))
            row = _row(example, prompt, pages.paths(example))
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    entry = json.dumps({DATASET: _ENTRY}, indent=2) + "\n"
    (folder / "dataset_info.json").write_text(entry, encoding="utf-8")
    (folder / "train.yaml").write_text(_training(data.config, model, longest), encoding="utf-8")
    (folder / "ds_z3.json").write_text(json.dumps(_DEEPSPEED, indent=2) + "\n", encoding="utf-8")
    return len(data)


def _row(example: BuiltExample, prompt: Prompt, paths: list[str]) -> dict[str, Any]:
    """One example; its user message has one placeholder for each page."""
    content = "".join(_IMAGE if isinstance(part, Page) else _text(part) for part in prompt.content)
    messages = [
        {"role": "user", "content": content},
        {"role": "assistant", "content": _text(example.target)},
    ]
    return {"messages": messages, "images": paths, "system": _text(prompt.system or "")}


def _text(text: str) -> str:
    """Neutralise placeholders in text."""
    return _PLACEHOLDER.sub("< ", text)


def _training(config: BuildConfig, model: str, longest: int) -> str:
    family = config.profile.vision
    bounds = (family.min_pixels, family.max_pixels) if isinstance(family, AreaFamily) else (0, 2**24)
    return f"""# llamafactory-cli train train.yaml, in this folder
# hyper-parameters of the VTC-R1 paper (arXiv 2601.22069)
### model
model_name_or_path: {json.dumps(model)}
# pages must reach the model as they were drawn
image_min_pixels: {bounds[0]}
image_max_pixels: {bounds[1]}

### method
stage: sft
do_train: true
finetuning_type: full
freeze_vision_tower: true
freeze_multi_modal_projector: true
freeze_language_model: false
deepspeed: ds_z3.json

### dataset
dataset_dir: .
media_dir: .
dataset: {DATASET}
template: {_TEMPLATES[config.profile.family]}
# above every example by any tokenizer: what is longer would be cut without a word
cutoff_len: {longest}
preprocessing_num_workers: 8

### output
output_dir: saves/vtc-r1
logging_steps: 10
save_steps: 500
plot_loss: true

### train
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 1.0e-5
num_train_epochs: 1.0
lr_scheduler_type: cosine
warmup_ratio: 0.1
bf16: true
"""
