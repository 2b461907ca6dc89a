"""Write the language model of the embedded checkpoint as GGUF, which llama.cpp's server takes.

python gguf_nano.py CHECKPOINT OUT.gguf, in the environment of the servers: it has `gguf` and `safetensors`.
Text has one position a token in all three axes of its rotary embedding, so it is a plain Qwen3.
"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

LAYER = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.down_proj": "ffn_down",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "self_attn.k_norm": "attn_k_norm",
    "self_attn.k_proj": "attn_k",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.v_proj": "attn_v",
}
"""Names of a layer's weights, here and there."""


def name_of(key: str) -> str:
    """The name of a weight in GGUF."""
    if key == "embed_tokens.weight":
        return "token_embd.weight"
    if key == "norm.weight":
        return "output_norm.weight"
    _, layer, rest = key.split(".", 2)
    return f"blk.{layer}.{LAYER[rest.removesuffix('.weight')]}.weight"


def main() -> None:
    checkpoint, out = Path(sys.argv[1]), sys.argv[2]
    text = json.loads((checkpoint / "config.json").read_text())["text_config"]
    writer = gguf.GGUFWriter(out, "qwen3")
    writer.add_name("vtc-r1-nano")
    writer.add_block_count(text["num_hidden_layers"])
    writer.add_context_length(text["max_position_embeddings"])
    writer.add_embedding_length(text["hidden_size"])
    writer.add_feed_forward_length(text["intermediate_size"])
    writer.add_head_count(text["num_attention_heads"])
    writer.add_head_count_kv(text["num_key_value_heads"])
    writer.add_key_length(text["head_dim"])
    writer.add_value_length(text["head_dim"])
    writer.add_rope_freq_base(text["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(text["rms_norm_eps"])
    add_tokenizer(writer, checkpoint, text)
    for key, value in load_file(checkpoint / "model.safetensors").items():
        if ".language_model." in key:
            writer.add_tensor(name_of(key.partition(".language_model.")[2]), value.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: gguf.GGUFWriter, checkpoint: Path, text: dict[str, int]) -> None:
    """Add a tokenizer of a token a byte; its one merge gives no token, as there must be one."""
    stored = json.loads((checkpoint / "tokenizer.json").read_text())
    found = {token: (at, gguf.TokenType.NORMAL) for token, at in stored["model"]["vocab"].items()}
    for added in stored["added_tokens"]:
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        found[added["content"]] = added["id"], kind
    tokens = [f"[unused {at}]" for at in range(text["vocab_size"])]
    kinds = [gguf.TokenType.UNUSED] * len(tokens)
    for token, (at, kind) in found.items():
        tokens[at], kinds[at] = token, kind
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{tokens[0]} {tokens[0]}"])
    writer.add_eos_token_id(text["eos_token_id"])
    writer.add_pad_token_id(text["pad_token_id"])
    writer.add_add_bos_token(False)
    writer.add_chat_template((checkpoint / "chat_template.jinja").read_text())


main()
