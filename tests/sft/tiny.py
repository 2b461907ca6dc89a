"""Tiny random checkpoints of the families that recipes train, with the published image configurations."""

import json
from pathlib import Path
from typing import Any

from vtc_r1.sft import nano

QWEN_IMAGES = {
    **nano.IMAGES,
    "size": {"shortest_edge": 65_536, "longest_edge": 16_777_216},
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


def qwen(folder: Path, *, tied: bool = False, seed: int = 0) -> Path:
    """Write a Qwen3-VL of two layers with the embedded model's tokenizer."""
    import torch
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    torch.manual_seed(seed)
    words = nano.tokenizer()
    text = {
        "vocab_size": nano.VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "max_position_embeddings": 8192,
        "pad_token_id": words.pad_token_id,
        "eos_token_id": words.eos_token_id,
        "bos_token_id": None,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "mrope_section": [4, 2, 2],
            "mrope_interleaved": True,
        },
        "tie_word_embeddings": tied,
    }
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 2,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": 32,
        "num_position_embeddings": 256,
        "deepstack_visual_indexes": [0],
    }
    config = Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=tied, **_tokens(words))
    _write(Qwen3VLForConditionalGeneration(config), words, folder)
    nano.write_processors(folder, words)
    _images(folder, QWEN_IMAGES)
    return folder


def _tokens(words: Any) -> dict[str, int]:
    return {
        "image_token_id": words.convert_tokens_to_ids("<|image_pad|>"),
        "video_token_id": words.convert_tokens_to_ids("<|video_pad|>"),
        "vision_start_token_id": words.convert_tokens_to_ids("<|vision_start|>"),
        "vision_end_token_id": words.convert_tokens_to_ids("<|vision_end|>"),
    }


def _write(model: Any, words: Any, folder: Path) -> None:
    model.generation_config.eos_token_id = words.eos_token_id
    model.generation_config.pad_token_id = words.pad_token_id
    model.save_pretrained(folder)


def _images(folder: Path, values: dict[str, Any]) -> None:
    (folder / "preprocessor_config.json").write_text(json.dumps(values), encoding="utf-8")


GLM_IMAGES = {
    "image_processor_type": "Glm4vImageProcessor",
    "processor_class": "Glm4vProcessor",
    "size": {"shortest_edge": 12_544, "longest_edge": 11_760_000},
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}


def glm(folder: Path) -> Path:
    """Write a GLM-4.1V of two layers with a byte tokenizer that has its image tokens."""
    import torch
    from transformers import Glm4vConfig, Glm4vForConditionalGeneration

    torch.manual_seed(0)
    words = nano.tokenizer()
    words.add_tokens(["<|begin_of_image|>", "<|image|>", "<|end_of_image|>"], special_tokens=True)
    words.chat_template = (
        nano.CHAT_TEMPLATE.replace("<|vision_start|>", "<|begin_of_image|>")
        .replace("<|vision_end|>", "<|end_of_image|>")
        .replace("<|image_pad|>", "<|image|>")
    )
    text = {
        "vocab_size": 288,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 8192,
        "pad_token_id": words.pad_token_id,
        "eos_token_id": words.eos_token_id,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]},
    }
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 2,
        "image_size": 336,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": 32,
    }
    config = Glm4vConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=words.convert_tokens_to_ids("<|image|>"),
        image_start_token_id=words.convert_tokens_to_ids("<|begin_of_image|>"),
        image_end_token_id=words.convert_tokens_to_ids("<|end_of_image|>"),
    )
    _write(Glm4vForConditionalGeneration(config), words, folder)
    words.save_pretrained(folder)
    _images(folder, GLM_IMAGES)
    return folder
