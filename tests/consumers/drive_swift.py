"""What ms-swift makes of the export for LLaMA-Factory, and a step of its trainer.

`python drive_swift.py MODEL NOTES`, in the export's folder, as `swift sft` starts one process.
"""

import json
import sys
from pathlib import Path

from swift.pipelines.train.sft import SwiftSft

model, notes = sys.argv[1:]
here = {
    "model_type": "qwen3_vl",  # of a published checkpoint, its name says it
    "output_dir": f"{notes}.saves",
    "max_steps": "1",
    "gradient_accumulation_steps": "1",
    "logging_steps": "1",
    "save_strategy": "no",
    "report_to": "none",
    "torch_dtype": "float32",
    "bf16": "false",
    "attn_impl": "sdpa",
    "use_hf": "true",
    "dataset_shuffle": "false",
    "dataset_num_proc": "1",
    "dataloader_num_workers": "0",
}
words = ["--model", model, "--dataset", "train.jsonl", "--tuner_type", "full"]
training = SwiftSft([*words, *(word for key, value in here.items() for word in (f"--{key}", value))])
data, _ = training._prepare_dataset()
rows = [
    {"ids": list(row["input_ids"]), "labels": list(row["labels"])}
    for row in map(data.__getitem__, range(len(data)))
]
training.main()
(log,) = Path(here["output_dir"]).rglob("logging.jsonl")
entries = map(json.loads, log.read_text(encoding="utf-8").splitlines())
losses = [entry["loss"] for entry in entries if "loss" in entry]
Path(notes).write_text(json.dumps({"rows": rows, "losses": losses}), encoding="utf-8")
