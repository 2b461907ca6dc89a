"""The lengths of examples as training sees them: by the checkpoint's tokenizer and template, with pages."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.renderers.page import Page
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.built.dataset import BuiltDataset, texts_of
from vtc_r1.sft.export.messages import prompt_with

_TOGETHER = 256  #: examples that are tokenised together, on all cores
_PAGE = Page(np.zeros((1, 1), np.uint8), "", 0)  #: in place of a page, whose tokens are known


def measured(data: BuiltDataset, encoder: PromptEncoder, processes: int = 1) -> NDArray[np.int64]:
    """Return the tokens of the prompt and of the target of every example, shape (examples, 2).

    The processes of a launch share the work; each must call it.

    Raises:
        DataError: a shard cannot be read.
        CheckpointError: the chat template does not take the pages.
    """
    import torch

    rank = int(os.environ.get("RANK", "0")) if processes > 1 else 0
    mine = {at: _shard(path, data, encoder) for at, path in enumerate(data.shards) if at % processes == rank}
    # Loaders of batches are forked later: they have no threads, and the tokenizer would warn of that.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    found: list[Any] = [mine]
    if processes > 1:
        found = [None] * processes
        torch.distributed.all_gather_object(found, mine)
    every = {at: lengths for part in found for at, lengths in part.items()}
    return np.concatenate([every[at] for at in range(len(data.shards))])


def _shard(path: Path, data: BuiltDataset, encoder: PromptEncoder) -> NDArray[np.int64]:
    prompts, policy, examples = data.prompts(), data.policy, texts_of(path)
    lengths: list[tuple[int, int]] = []
    while some := list(islice(examples, _TOGETHER)):
        texts, counts = [], []
        for example in some:
            pages = [_PAGE] * sum(isinstance(part, int) for part in example.memory)
            pieces = encoder.pieces(prompt_with(example, pages, prompts, policy))
            texts += [*pieces, encoder.unopened(example.target)]
            counts.append(len(pieces))
        tokens = iter(encoder.lengths(texts))
        lengths += [_lengths(example, tokens, count) for example, count in zip(some, counts, strict=True)]
    return np.array(lengths, np.int64).reshape(-1, 2)


def _lengths(example: BuiltExample, tokens: Iterator[int], pieces: int) -> tuple[int, int]:
    """Tokens of prompt and target; those of pages are counted in the data set, the last ends the turn."""
    return sum(islice(tokens, pieces)) + example.vision_tokens, next(tokens) + 1
