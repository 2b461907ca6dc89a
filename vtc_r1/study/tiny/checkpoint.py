"""A checkpoint that is a Qwen3-VL in everything but its weights: few layers, drawn at random.

python -m vtc_r1.study.tiny FOLDER
"""

import json
from pathlib import Path
from typing import Any

from vtc_r1.study.tiny.packages import TEMPLATES, VOCABULARY
from vtc_r1.study.tiny.tokenizer import CONTROL, FIRST, SPECIAL, qwen3

IMAGES: dict[str, Any] = {
    "size": {"shortest_edge": 65_536, "longest_edge": 16_777_216},
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "processor_class": "Qwen3VLProcessor",
    "image_processor_type": "Qwen2VLImageProcessorFast",
}
VIDEOS = {
    **{key: value for key, value in IMAGES.items() if key != "image_processor_type"},
    "size": {"shortest_edge": 4_096, "longest_edge": 25_165_824},
    "video_processor_type": "Qwen3VLVideoProcessor",
}
IDS = {token: FIRST + at for at, token in enumerate(CONTROL)}
CONTEXT = 262_144


def checkpoint(folder: Path, variant: str = "instruct", *, tied: bool = False, seed: int = 0) -> Path:
    """Write one.

    Args:
        folder: where.
        variant: `instruct` or `thinking`, which differ in their chat templates.
        tied: one matrix embeds tokens and gives logits, as in the 2B and 4B models.
        seed: of the weights.

    Raises Unavailable: the vocabulary or the chat template cannot be obtained.
    """
    import torch
    from transformers import Qwen3VLForConditionalGeneration

    vocabulary, template = VOCABULARY.path(), TEMPLATES[variant].path()
    torch.manual_seed(seed)
    network = Qwen3VLForConditionalGeneration(_config(tied))
    network.generation_config.eos_token_id = [IDS["<|im_end|>"], IDS["<|endoftext|>"]]
    network.generation_config.pad_token_id = IDS["<|endoftext|>"]
    network.save_pretrained(folder)
    qwen3(vocabulary).save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_bytes(template.read_bytes())
    words = {
        "tokenizer_class": "Qwen2Tokenizer",
        "model_max_length": CONTEXT,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "additional_special_tokens": SPECIAL[1:],
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "split_special_tokens": False,
    }
    for name, values in {
        "tokenizer_config.json": words,
        "preprocessor_config.json": IMAGES,
        "video_preprocessor_config.json": VIDEOS,
    }.items():
        (folder / name).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    return folder


def _config(tied: bool) -> Any:
    """Return the published configuration with fewer and narrower layers; heads keep their width."""
    from transformers import Qwen3VLConfig

    text = {
        "vocab_size": 151_936,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 128,
        "max_position_embeddings": CONTEXT,
        "initializer_range": 0.1,
        "bos_token_id": IDS["<|endoftext|>"],
        "eos_token_id": IDS["<|im_end|>"],
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 5_000_000.0,
            "mrope_section": [24, 20, 20],
            "mrope_interleaved": True,
        },
        "tie_word_embeddings": tied,
    }
    vision = {
        "depth": 4,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_heads": 2,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": 64,
        "num_position_embeddings": 2_304,
        "deepstack_visual_indexes": [0, 1, 2],
        "initializer_range": 0.1,
    }
    tokens = {
        f"{name}_token_id": IDS[f"<|{token}|>"]
        for name, token in {
            "image": "image_pad",
            "video": "video_pad",
            "vision_start": "vision_start",
            "vision_end": "vision_end",
        }.items()
    }
    return Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=tied, **tokens)
