"""What LLaMA-Factory makes of an export, and a step of its trainer.

`python drive_llamafactory.py MODEL NOTES`, in the export's folder.
"""

import json
import sys
from pathlib import Path

import yaml
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer
from llamafactory.train.tuner import run_exp

model, notes = sys.argv[1:]
given = yaml.safe_load(Path("train.yaml").read_text("utf-8")) | {
    "model_name_or_path": model,
    "max_steps": 1,
    "gradient_accumulation_steps": 1,
    "preprocessing_num_workers": None,
    "use_cpu": True,
    "bf16": False,
    "plot_loss": False,
    "report_to": "none",
    "logging_steps": 1,
    "output_dir": "saves",
}
of_model, of_data, training, _, _ = get_train_args(dict(given))
words = load_tokenizer(of_model)
template = get_template_and_fix_tokenizer(words["tokenizer"], of_data)
found = get_dataset(template, of_model, of_data, training, stage="sft", **words)["train_dataset"]
rows = [{"ids": row["input_ids"], "labels": row["labels"]} for row in found]
run_exp(dict(given))
log = [json.loads(line) for line in Path("saves/trainer_log.jsonl").read_text("utf-8").splitlines()]
losses = [entry["loss"] for entry in log if "loss" in entry]
Path(notes).write_text(json.dumps({"rows": rows, "losses": losses}), encoding="utf-8")
