"""Qwen3-VL's tokenizer, put together from its vocabulary."""

import base64
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FIRST = 151_643
"""Id of the first of `CONTROL`: so many byte pairs come before it."""
SPECIAL = [
    f"<|{name}|>" for name in ("endoftext", "im_start", "im_end", "object_ref_start", "object_ref_end")
]
SPECIAL += [f"<|{shape}_{end}|>" for shape in ("box", "quad", "vision") for end in ("start", "end")]
SPECIAL += [f"<|{kind}_pad|>" for kind in ("vision", "image", "video")]
PLAIN = [
    "<tool_call>",
    "</tool_call>",
    *(f"<|fim_{part}|>" for part in ("prefix", "middle", "suffix", "pad")),
]
PLAIN += ["<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>"]
"""Added tokens that are not special: decoding leaves them in the text."""
CONTROL = (*SPECIAL, *PLAIN)
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


def qwen3(vocabulary: Path) -> "Tokenizer":
    """Build it from a `qwen.tiktoken`."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    rows = (line.split() for line in vocabulary.read_bytes().splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in rows}
    assert sorted(ranks.values()) == list(range(FIRST))
    merges = [_halves(token, ranks) for token in sorted(ranks, key=lambda token: ranks[token]) if token[1:]]
    words = Tokenizer(
        models.BPE(
            vocab={_spelt(token): rank for token, rank in ranks.items()},
            merges=[(_spelt(left), _spelt(right)) for left, right in merges],
        )
    )
    words.normalizer = normalizers.NFC()
    words.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    words.decoder = decoders.ByteLevel()
    words.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIAL])
    words.add_tokens([AddedToken(token, normalized=False) for token in PLAIN])
    return words


def _halves(token: bytes, ranks: dict[bytes, int]) -> tuple[bytes, bytes]:
    """Return the two tokens that merge to `token`: what is left of it by the merges of lower ranks."""
    parts, below = [bytes([byte]) for byte in token], ranks[token]
    while len(parts) > 2:
        found = (ranks.get(left + right, below) for left, right in pairwise(parts))
        rank, at = min((rank, at) for at, rank in enumerate(found))
        assert rank < below, token
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts[0], parts[1]


def _spelt(token: bytes) -> str:
    return "".join(_SIGNS[byte] for byte in token)


def _signs() -> dict[int, str]:
    """Return the character that stands for each byte in a `tokenizer.json`."""
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printed]
    return {byte: chr(byte) for byte in printed} | {byte: chr(256 + at) for at, byte in enumerate(others)}


_SIGNS = _signs()
