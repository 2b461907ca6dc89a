"""What ms-swift makes of an export for LLaMA-Factory, and a step of its trainer.

`python drive_swift.py MODEL NOTES`, in the export's folder.
"""

import json
import sys
from pathlib import Path

from swift.pipelines.train.sft import SwiftSft

model, notes = sys.argv[1:]
asked = ["--model", model, "--dataset", "train.jsonl", "--tuner_type", "full"]
kind = ["--model_type", "qwen3_vl", "--check_model", "false", "--use_hf", "true", "--torch_dtype", "float32"]
small = ["--max_steps", "1", "--gradient_accumulation_steps", "1", "--split_dataset_ratio", "0"]
here = [
    "--use_cpu",
    "true",
    "--report_to",
    "none",
    "--dataset_num_proc",
    "1",
    "--dataloader_num_workers",
    "0",
]
pipeline = SwiftSft([*asked, *kind, *small, *here, "--dataset_shuffle", "false", "--logging_steps", "1"])
found, _ = pipeline._prepare_dataset()
rows = [{"ids": list(row["input_ids"]), "labels": list(row["labels"])} for row in found]
pipeline.run()
losses = [entry["loss"] for entry in pipeline.train_msg["log_history"] if "loss" in entry]
Path(notes).write_text(json.dumps({"rows": rows, "losses": losses}), encoding="utf-8")
