"""What LLaMA-Factory makes of an export, and a step of its trainer under the DeepSpeed file beside it.

`python drive_llamafactory.py MODEL NOTES`, in the export's folder, as `llamafactory-cli` starts one process.
"""

import json
import sys
from pathlib import Path

import deepspeed.ops
import yaml
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer
from llamafactory.train.tuner import run_exp

model, notes = sys.argv[1:]
# an exchange through shared memory, which one process does not need, would be compiled, for minutes
deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
here = {
    "model_name_or_path": model,
    "output_dir": f"{notes}.saves",
    "max_steps": 1,
    "gradient_accumulation_steps": 1,
    "logging_steps": 1,
    "save_strategy": "no",
    "plot_loss": False,
    "report_to": "none",
    "bf16": False,
    "ddp_backend": "gloo",
    "preprocessing_num_workers": 1,
}
words = {**yaml.safe_load(Path("train.yaml").read_text(encoding="utf-8")), **here}
model_words, data_words, training_words, *_ = get_train_args(dict(words))
loaded = load_tokenizer(model_words)
template = get_template_and_fix_tokenizer(loaded["tokenizer"], data_words)
data = get_dataset(template, model_words, data_words, training_words, stage="sft", **loaded)["train_dataset"]
image = loaded["tokenizer"].convert_tokens_to_ids("<|image_pad|>")
rows = [{"ids": row["input_ids"], "labels": row["labels"]} for row in data]
run_exp(dict(words))
log = (Path(here["output_dir"]) / "trainer_state.json").read_text(encoding="utf-8")
losses = [entry["loss"] for entry in json.loads(log)["log_history"] if "loss" in entry]
Path(notes).write_text(json.dumps({"rows": rows, "losses": losses}), encoding="utf-8")
