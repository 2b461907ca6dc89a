"""Text from tokens as they come: the same as all of them decoded at once, and never a part of a character."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.backends import job as jobs
from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.backends.job import EncodedPrompt, Job
from vtc_r1.prompts import Prompt
from vtc_r1.trace import Sampling

pytestmark = pytest.mark.model

tokenizers = pytest.importorskip("tokenizers")
pytest.importorskip("torch")

BYTES = tokenizers.pre_tokenizers.ByteLevel.alphabet()
TEXTS = [
    "a naïve café",
    "π≤√2, x²·∑",
    "你好，世界。日本語",
    "🙂👩‍👩‍👧 ok",
    "наука и жизнь",
    "e\u0301 ﬁ \u200f עברית",
]
END = 2**20


def bytewise() -> Any:
    """A tokenizer of one byte a token; the last one is special."""
    made = tokenizers.Tokenizer(tokenizers.models.BPE({name: at for at, name in enumerate(BYTES)}, []))
    made.decoder = tokenizers.decoders.ByteLevel()
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.add_special_tokens(["<end>"])
    return made


def learned() -> Any:
    """A byte-level tokenizer that has learned some texts, so that tokens hold parts of several characters."""
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=BYTES, special_tokens=["<s>", "</s>"], show_progress=False
    )
    made.train_from_iterator(TEXTS * 20, trainer)
    return made


def embedded() -> Any:
    return tokenizers.Tokenizer.from_file(str(checkpoint() / "tokenizer.json"))


KINDS = {"bytes": bytewise(), "learned": learned(), "embedded": embedded()}


def written(tokenizer: Any, tokens: Sequence[int], *, ends: bool = True) -> tuple[list[str], str]:
    """The pieces of a segment of some tokens, and the segment; it ends by a token, or with its last one."""
    most = len(tokens) + 1 if ends else len(tokens)
    request = Request(Prompt(None, ("q",)), Sampling(), most)
    job = Job(request, asyncio.new_event_loop(), asyncio.Queue())
    job.loop.close()
    job.prompt = EncodedPrompt([1], np.array([1]), None, 0, (), ())  # type: ignore[arg-type]
    job.write_with(tokenizer)
    with patch.object(jobs, "PAUSE", 0.0):
        said = [one for token in (*tokens, END)[:most] for one in job.take(token, frozenset([END]))]
    *pieces, last = said
    assert isinstance(last, Completion) and last.usage.completion_tokens == len(tokens)
    return [piece.text for piece in pieces if isinstance(piece, Delta)], last.text


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("name", KINDS)
def test_any_tokens_become_what_they_are_at_once(name: str, ends: bool) -> None:
    tokenizer, draw = KINDS[name], random.Random(7)
    for _ in range(150):
        tokens = [draw.randrange(tokenizer.get_vocab_size()) for _ in range(draw.randint(1, 60))]
        pieces, text = written(tokenizer, tokens, ends=ends)
        assert "".join(pieces) == text == tokenizer.decode(tokens, skip_special_tokens=True)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_characters_are_marked_as_python_marks_them(data: bytes) -> None:
    tokens = [KINDS["bytes"].token_to_id(name) for name in map(_letter, data)]
    assert written(KINDS["bytes"], tokens)[1] == data.decode("utf-8", "replace")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", KINDS)
def test_no_piece_holds_a_part_of_a_character(name: str, text: str) -> None:
    tokenizer = KINDS[name]
    tokens = tokenizer.encode(text, add_special_tokens=False).ids
    pieces, said = written(tokenizer, tokens)
    whole = tokenizer.decode(tokens)
    assert said == whole and "\ufffd" not in "".join(pieces)
    if name != "embedded":
        assert whole == text and len(pieces) > 1


@pytest.mark.parametrize("text", ["é", "≤", "🙂"])
@pytest.mark.parametrize("name", ["bytes", "learned"])
def test_a_character_without_its_last_bytes_is_marked_at_the_end(name: str, text: str) -> None:
    tokenizer = KINDS[name]
    for left in range(1, len(text.encode())):
        data = ("so " + text).encode()[: 3 + left]
        tokens = [tokenizer.token_to_id(_letter(byte)) for byte in data]
        pieces, said = written(tokenizer, tokens, ends=False)
        assert "".join(pieces) == said == data.decode("utf-8", "replace") == "so \ufffd"
        assert all("\ufffd" not in piece for piece in pieces[:-1])


def _letter(byte: int) -> str:
    """The letter that stands for a byte in a byte-level vocabulary."""
    return _LETTERS[byte]


_PRINTED = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_OTHERS = [byte for byte in range(256) if byte not in _PRINTED]
_LETTERS = {byte: chr(byte) for byte in _PRINTED} | {byte: chr(256 + at) for at, byte in enumerate(_OTHERS)}
