"""Collating: examples → one padded batch, with the loss on the target alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.sft.examples import Example

if TYPE_CHECKING:
    import torch

IGNORED = -100
"""Label of a position that carries no loss."""


class Collator:
    """Turns examples into tensors through the encoder that inference uses.

    The batch holds `input_ids`, `attention_mask`, `labels` and `mm_token_type_ids`, each of shape
    (examples, length) and padded on the right, and, where there are pages, `pixel_values` and
    `image_grid_thw`.
    """

    def __init__(self, encoder: PromptEncoder) -> None:
        self.encoder = encoder
        self.end: int = encoder.tokenizer.eos_token_id
        self.pad: int = encoder.tokenizer.pad_token_id

    def __call__(self, examples: Sequence[Example]) -> dict[str, "torch.Tensor"]:
        """Encode and pad `examples`."""
        import torch

        encoded = [self.encoder.encode(example.prompt) for example in examples]
        targets = [self.target_ids(example.target) for example in examples]
        length = max(len(prompt.ids) + len(target) for prompt, target in zip(encoded, targets, strict=True))
        ids = np.full((len(examples), length), self.pad, np.int64)
        labels = np.full_like(ids, IGNORED)
        for at, (prompt, target) in enumerate(zip(encoded, targets, strict=True)):
            start, end = len(prompt.ids), len(prompt.ids) + len(target)
            ids[at, :end] = prompt.ids + target
            labels[at, start:end] = target
            labels[at, end:] = IGNORED
        lengths = np.array(
            [len(prompt.ids) + len(target) for prompt, target in zip(encoded, targets, strict=True)]
        )
        batch = {
            "input_ids": ids,
            "attention_mask": (np.arange(length) < lengths[:, None]).astype(np.int64),
            "labels": labels,
            "mm_token_type_ids": (ids == self.encoder.image_id).astype(np.int64),
        }
        pixels = [prompt.pixels for prompt in encoded if prompt.pixels is not None]
        grids = [prompt.grids for prompt in encoded if prompt.grids is not None]
        tensors = {name: torch.from_numpy(value) for name, value in batch.items()}
        if pixels:
            tensors["pixel_values"] = torch.from_numpy(np.concatenate(pixels))
            tensors["image_grid_thw"] = torch.from_numpy(np.concatenate(grids))
        return tensors

    def target_ids(self, target: str) -> list[int]:
        """Return the token ids of a target, ended by the end-of-turn token."""
        ids: list[int] = self.encoder.tokenizer.encode(target, add_special_tokens=False)
        return [*ids, self.end]
