"""Peak memory and time of a loss with its gradients, as training computes it and over all logits.

python benchmarks/train_memory.py --tokens 32768 --target 32768

A Qwen3-VL of two narrow layers with the real vocabulary and random weights, on the CPU. Each way is a process
of its own; all logits of 32,768 tokens need over 60 GB, so `--way targets` leaves the other out.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

VOCABULARY = 151_936


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=32_768)
    parser.add_argument("--target", type=int, help="tokens that have a loss; all by default")
    parser.add_argument("--way", choices=("targets", "all"))
    given = parser.parse_args()
    target = given.target or given.tokens
    if given.way:
        print(json.dumps(measure(given.way, given.tokens, target)))
        return
    found = {}
    for way in ("targets", "all"):
        words = ["--way", way, "--tokens", str(given.tokens), "--target", str(target)]
        done = subprocess.run(
            [sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True, check=True
        )
        found[way] = json.loads(done.stdout)
        print(f"{way}: {done.stdout.strip()}")
    print(f"share of memory: {found['targets']['gigabytes'] / found['all']['gigabytes']:.1%}")


def measure(way: str, tokens: int, target: int) -> dict[str, float]:
    """Compute a loss and its gradients; memory is what they need beyond the model."""
    import torch
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    from vtc_r1.sft.training.target_loss import lose_on_targets

    torch.manual_seed(0)
    text = {
        "vocab_size": VOCABULARY,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "max_position_embeddings": 65_536,
        "tie_word_embeddings": True,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "mrope_section": [8, 4, 4],
            "mrope_interleaved": True,
        },
    }
    vision = {"depth": 1, "hidden_size": 32, "intermediate_size": 32, "num_heads": 1, "out_hidden_size": 64}
    config = Qwen3VLConfig(
        text_config=text,
        vision_config={**vision, "deepstack_visual_indexes": [0]},
        tie_word_embeddings=True,
        image_token_id=151_655,
        video_token_id=151_656,
        vision_start_token_id=151_652,
        vision_end_token_id=151_653,
    )
    model = Qwen3VLForConditionalGeneration(config)
    if way == "targets":
        lose_on_targets(model)
    ids = torch.randint(0, 151_000, (1, tokens))
    labels = torch.where(torch.arange(tokens) < tokens - target, -100, ids)
    before, began = _peak(), time.process_time()
    loss = model(input_ids=ids, labels=labels, use_cache=False).loss
    loss.backward()
    return {
        "gigabytes": _peak() - before,
        "cpu_seconds": time.process_time() - began,
        "loss": float(loss.detach()),
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
