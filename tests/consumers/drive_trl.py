"""What TRL makes of an export, and a step of its trainer.

`python drive_trl.py MODEL NOTES`, in the export's folder.
"""

import json
import sys
from pathlib import Path

from datasets import load_dataset
from trl import SFTTrainer
from trl.scripts.sft import make_parser

model, notes = sys.argv[1:]
small = ["--model_name_or_path", model, "--max_steps", "1", "--gradient_accumulation_steps", "1"]
here = [
    "--use_cpu",
    "true",
    "--bf16",
    "false",
    "--report_to",
    "none",
    "--save_strategy",
    "no",
    "--logging_steps",
    "1",
]
script, training, *_ = make_parser().parse_args_and_config(["--config", "train.yaml", *small, *here])
trainer = SFTTrainer(
    model=model,
    args=training,
    train_dataset=load_dataset(script.dataset_name, split=script.dataset_train_split),
)
rows = []
for row in trainer.train_dataset:
    batch = trainer.data_collator([row])
    rows.append({"ids": batch["input_ids"][0].tolist(), "labels": batch["labels"][0].tolist()})
trainer.train()
losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
Path(notes).write_text(json.dumps({"rows": rows, "losses": losses}), encoding="utf-8")
