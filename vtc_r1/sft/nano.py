"""The embedded model's architecture: a tiny Qwen3-VL with a byte tokenizer, built from scratch."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1.errors import first_line

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, Qwen3VLForConditionalGeneration

CONTROL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
TAGS = ("<think>", "</think>", "<answer>", "</answer>")
VOCABULARY = 272  #: 256 bytes, the control tokens and tags, rounded up

CHAT_TEMPLATE = (
    "{%- for message in messages -%}<|im_start|>"
    "{%- if message.content is string -%}{{ message.content }}"
    "{%- else -%}{%- for part in message.content -%}"
    "{%- if part.type == 'text' -%}{{ part.text }}"
    "{%- else -%}<|vision_start|><|image_pad|><|vision_end|>{%- endif -%}"
    "{%- endfor -%}{%- endif -%}<|im_end|>{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|im_start|>{%- endif -%}"
)

ANSWER: dict[str, Any] = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|im_start|>",
    "fields": {"content": {"close": "<|im_end|>", "content": "text"}},
}
"""Keeps `transformers serve` from parsing answers: for a Qwen3-VL it would remove the tags."""

IMAGES: dict[str, Any] = {
    "image_processor_type": "Qwen2VLImageProcessor",
    "processor_class": "Qwen3VLProcessor",
    "size": {"shortest_edge": 1_024, "longest_edge": 1_048_576},
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    # White is 0 and ink is negative: with white at +1 the constant background drowns the ink.
    "image_mean": [1.0, 1.0, 1.0],
    "image_std": [0.5, 0.5, 0.5],
}


def tokenizer() -> "PreTrainedTokenizerBase":
    """Build the tokenizer: one token per byte, and one for each control token and tag."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_only = Tokenizer(models.BPE(vocab={symbol: at for at, symbol in enumerate(alphabet)}, merges=[]))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bytes_only.decoder = decoders.ByteLevel()
    bytes_only.add_special_tokens([AddedToken(token, normalized=False) for token in CONTROL])
    bytes_only.add_tokens([AddedToken(token, normalized=False) for token in TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=bytes_only,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=2048,
        response_template=ANSWER,
    )


def model(words: "PreTrainedTokenizerBase") -> "Qwen3VLForConditionalGeneration":
    """Build the model with random weights."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    def token(text: str) -> int:
        return int(words.convert_tokens_to_ids(text))

    text = {
        "vocab_size": VOCABULARY,
        "hidden_size": 128,
        "intermediate_size": 384,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "head_dim": 32,
        "max_position_embeddings": 2048,
        "initializer_range": 0.05,
        "pad_token_id": token("<|endoftext|>"),
        "bos_token_id": None,
        "eos_token_id": token("<|im_end|>"),
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "mrope_section": [6, 5, 5],
            "mrope_interleaved": True,
        },
        "tie_word_embeddings": True,
    }
    vision = {
        "depth": 2,
        "hidden_size": 96,
        "intermediate_size": 288,
        "num_heads": 3,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": 128,
        "num_position_embeddings": 256,
        "deepstack_visual_indexes": [0],
        "initializer_range": 0.05,
    }
    config = Qwen3VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=True,
    )
    built = Qwen3VLForConditionalGeneration(config)
    built.generation_config.eos_token_id = token("<|im_end|>")
    built.generation_config.pad_token_id = token("<|endoftext|>")
    return built


def write_processors(folder: Path, words: "PreTrainedTokenizerBase") -> None:
    """Write tokenizer, chat template and image configuration next to the weights; raises OSError."""
    try:
        words.save_pretrained(folder)
    except OSError:
        raise
    except Exception as error:  # tokenizers raises nothing more specific for a full disk
        raise OSError(first_line(error)) from error
    (folder / "preprocessor_config.json").write_text(json.dumps(IMAGES, indent=2) + "\n", encoding="utf-8")
    video = {**IMAGES, "video_processor_type": "Qwen3VLVideoProcessor"}
    del video["image_processor_type"]
    (folder / "video_preprocessor_config.json").write_text(
        json.dumps(video, indent=2) + "\n", encoding="utf-8"
    )
