"""Peak memory of training steps on the CPU beside the estimate of `train --estimate`.

python benchmarks/train_footprint.py

A random Qwen3-VL of four layers is trained for two steps of four examples on the shipped rows, by the trainer
itself: in fp32 and in bf16, activations kept or computed again. Each way is a process of its own. Its memory
is the most that it held, less what it held once everything was imported.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from training_data import build_example

from vtc_r1.sft.training.footprint import footprint
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sglang.shapes import shape_of

_WAYS = [(precision, again) for precision in ("fp32", "bf16") for again in (False, True)]
_TEXT = {
    "vocab_size": 65_536,
    "hidden_size": 512,
    "intermediate_size": 1_536,
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "max_position_embeddings": 65_536,
    "rope_parameters": {
        "rope_type": "default",
        "rope_theta": 10_000.0,
        "mrope_section": [16, 8, 8],
        "mrope_interleaved": True,
    },
}
_VISION = {"depth": 1, "hidden_size": 64, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 512}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", nargs=2, metavar=("PRECISION", "CHECKPOINTING"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        print(json.dumps(measure(given.folder, *given.way)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _model(folder / "model")
        build_example(folder / "data", 1500)
        for precision, again in _WAYS:
            words = ["--folder", str(folder), "--way", precision, str(again).lower()]
            done = subprocess.run(
                [sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True, check=True
            )
            found = json.loads(done.stdout)
            print(
                f"{precision}, activations {'computed again' if again else 'kept'}: "
                f"{found['measured']:.2f} GB measured, {found['estimated']:.2f} estimated "
                f"({found['estimated'] / found['measured'] - 1:+.0%}); {found['tokens']:,} tokens",
                flush=True,
            )


def measure(folder: Path, precision: str, again: str) -> dict[str, Any]:
    """Train two steps; return gigabytes."""
    import vtc_r1.sft.training.prepare
    import vtc_r1.sft.training.weights  # noqa: F401
    from vtc_r1.backends.encoding import PromptEncoder
    from vtc_r1.sft.training.dataset import TrainingData
    from vtc_r1.sft.training.run import train

    settings = [f"model={folder / 'model'}", f"data={folder / 'data'}", f"precision={precision}"]
    settings += [f"gradient_checkpointing={again}", "steps=2", "accumulation=1", "log_steps=1", "workers=0"]
    recipe = load_recipe("qwen3-vl-8b", [*settings, "batch=4", "family=nano", "profile=nano", "prompts=nano"])
    data = TrainingData(recipe)
    data.measure(PromptEncoder(folder / "model"), None)
    longest = int(data.lengths.max())
    targets = max(len(data.built(at).target.encode()) for at in range(len(data)))
    before = _peak()
    peaks = [before]

    def note(event: object) -> None:
        peaks.append(_peak())

    train(recipe, folder / f"run-{precision}-{again}", note)
    expected = footprint(
        recipe, shape_of(str(folder / "model")), 1, 4 * longest, 4 * min(targets, longest), 0
    )
    return {"measured": peaks[-1] - before, "estimated": expected.total / 1e9, "tokens": 4 * longest}


def _peak() -> float:
    """Gigabytes that this process held at most; those of `getrusage` begin with its parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e9


def _model(folder: Path) -> None:
    import torch
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    from vtc_r1.sft import nano

    torch.manual_seed(0)
    words = nano.tokenizer()
    ids = {
        "image_token_id": "<|image_pad|>",
        "video_token_id": "<|video_pad|>",
        "vision_start_token_id": "<|vision_start|>",
        "vision_end_token_id": "<|vision_end|>",
    }
    config = Qwen3VLConfig(
        text_config={**_TEXT, "tie_word_embeddings": False},
        vision_config={**_VISION, "deepstack_visual_indexes": [0], "num_position_embeddings": 4096},
        tie_word_embeddings=False,
        **{name: words.convert_tokens_to_ids(token) for name, token in ids.items()},
    )
    model = Qwen3VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = words.eos_token_id
    model.generation_config.pad_token_id = words.pad_token_id
    model.save_pretrained(folder)
    nano.write_processors(folder, words)


if __name__ == "__main__":
    main()
