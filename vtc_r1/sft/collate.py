"""Collating: examples → one padded batch, with the loss on the target alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vtc_r1.backends.encoding import Encoded, PromptEncoder
from vtc_r1.renderers.page import Page
from vtc_r1.sft.examples import Example

if TYPE_CHECKING:
    import torch

IGNORED = -100  #: label of a position without loss
_WHITE = 64  #: side in pixels of the white page for batches without pages


class Collator:
    """Turns examples into tensors through the encoder that inference uses.

    The batch holds `input_ids`, `attention_mask`, `labels` and `mm_token_type_ids`, each of shape
    (examples, length) and padded on the right, and, if there are pages, `pixel_values` and
    `image_grid_thw`.

    Args:
        encoder: encoder of the trained checkpoint.
        always_pages: put a white page into the padding of a batch that has none, where nothing attends
            to it. Processes that share a sharded model must all run its vision tower, or wait forever.
    """

    def __init__(self, encoder: PromptEncoder, *, always_pages: bool = False) -> None:
        self.encoder, self.always_pages = encoder, always_pages
        self.end: int = encoder.tokenizer.eos_token_id
        self.pad: int = encoder.tokenizer.pad_token_id

    def __call__(self, examples: Sequence[Example]) -> dict[str, "torch.Tensor"]:
        """Encode and pad `examples`."""
        import torch

        encoded = [self.encoder.encode(example.prompt) for example in examples]
        before = [
            prompt.ids + self.encoder.written(example.given)
            for prompt, example in zip(encoded, examples, strict=True)
        ]
        targets = [self.target_ids(example.target) for example in examples]
        starts = np.array([len(ids) for ids in before])
        ends = starts + np.array([len(target) for target in targets])
        white = (
            self._white()
            if self.always_pages and not any(prompt.vision_tokens for prompt in encoded)
            else None
        )
        length = int(ends.max()) + (white.vision_tokens if white else 0)
        ids = np.full((len(examples), length), self.pad, np.int64)
        for row, begun, target, end in zip(ids, before, targets, ends, strict=True):
            row[:end] = begun + target
        if white:
            ids[-1, -white.vision_tokens :] = white.ids
        columns = np.arange(length)
        is_target = (columns >= starts[:, None]) & (columns < ends[:, None])
        batch = {
            "input_ids": ids,
            "attention_mask": (columns < ends[:, None]).astype(np.int64),
            "labels": np.where(is_target, ids, IGNORED),
            "mm_token_type_ids": (ids == self.encoder.image_id).astype(np.int64),
        }
        batch |= _pixels([*encoded, white] if white else encoded)
        return {name: torch.from_numpy(value) for name, value in batch.items()}

    def target_ids(self, target: str) -> list[int]:
        """Return the token ids of a target, ended by the end-of-turn token."""
        return [*self.encoder.written(target), self.end]

    def _white(self) -> Encoded:
        """A single white page."""
        pixels, grids = self.encoder.patches([Page(np.full((_WHITE, _WHITE), 255, np.uint8), "", 0)])
        assert grids is not None
        count = self.encoder.vision_tokens(grids[0])
        return Encoded([self.encoder.image_id] * count, pixels, grids, count)


def _pixels(encoded: Sequence[Encoded]) -> dict[str, NDArray[np.generic]]:
    """The pages of all prompts; empty if there are none."""
    pixels = [prompt.pixels for prompt in encoded if prompt.pixels is not None]
    grids = [prompt.grids for prompt in encoded if prompt.grids is not None]
    if not pixels:
        return {}
    return {"pixel_values": np.concatenate(pixels), "image_grid_thw": np.concatenate(grids)}
