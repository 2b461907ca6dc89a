"""Packing: examples with common prefixes → one sequence in which every shared prefix occurs once.

The examples of one trace share the question and the pages before: their prompts form a tree. A packed
sequence holds each token of that tree once; a token attends only to its ancestors and has the
position that it has in its own example, so that loss and gradient are those of the separate examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.prompts import Prompt
from vtc_r1.renderers.page import Page
from vtc_r1.sft.examples import Example

if TYPE_CHECKING:
    import torch

IGNORED = -100  #: label of a position without loss
_MOST_TOKENS = 1 << 20


@dataclass(frozen=True)
class Path:
    """One example, token by token."""

    ids: NDArray[np.int64]  #: token ids of prompt and target, shape (length,)
    keys: NDArray[np.int64]  #: the same, but every vision token of a page has its own number
    positions: NDArray[np.int64]  #: rotary positions (temporal, height, width), shape (3, length)
    pages: dict[int, Page]  #: pages by the index of their first token
    prompt: int  #: number of tokens before the target, including the given part of it


@dataclass(frozen=True)
class Packed:
    """The examples of one tree, as one sequence."""

    ids: NDArray[np.int64]  #: token ids, shape (length,)
    #: the token that each one must predict, `IGNORED` outside targets, shape (length,)
    labels: NDArray[np.int64]
    positions: NDArray[np.int64]  #: rotary positions, shape (3, length)
    visible: NDArray[np.bool_]  #: which token (row) sees which (column), shape (length, length)
    pages: list[Page]  #: the distinct pages, in the order of their tokens
    #: for each example, in their order, where its target's tokens are predicted, each of shape (target,)
    targets: tuple[NDArray[np.int64], ...]


class Packer:
    """Packs examples through the encoder that inference uses."""

    def __init__(self, encoder: PromptEncoder) -> None:
        self.encoder = encoder
        self.end: int = encoder.tokenizer.eos_token_id
        self.pad: int = encoder.tokenizer.pad_token_id
        self._page_keys: dict[str, int] = {}
        self._last: tuple[Prompt | None, list[int]] = (None, [])

    def pack(self, examples: Sequence[Example]) -> Packed:
        """Pack examples with common prefixes; the longest ones may be in any order."""
        paths = [self._path(example) for example in examples]
        places: list[NDArray[np.int64]] = []
        parts: list[tuple[Path, int]] = []
        size = 0
        # The examples of a trace begin alike, so they form a tree of prefixes. Each branch is packed once,
        # and its tokens see only the path from the root to themselves, as if every example stood alone.
        for path in paths:
            shared, of = max(
                ((_alike(path, other), at) for at, other in enumerate(paths[: len(places)])), default=(0, 0)
            )
            fresh = len(path.ids) - shared
            before = places[of][:shared] if shared else np.empty(0, np.int64)
            places.append(np.concatenate([before, np.arange(size, size + fresh)]))
            parts.append((path, shared))
            size += fresh
        return _join(parts, places, size)

    def batch(self, packs: Sequence[Packed]) -> dict[str, "torch.Tensor"]:
        """Pad `packs` to one length and stack them.

        The batch holds `input_ids`, `labels` and `shift_labels` of shape (packs, length), `position_ids`
        (3, packs, length), `attention_mask` (packs, 1, length, length) and, where there are pages,
        `pixel_values` and `image_grid_thw`.
        """
        import torch

        length = max(len(pack.ids) for pack in packs)
        ids = np.full((len(packs), length), self.pad, np.int64)
        labels = np.full_like(ids, IGNORED)
        positions = np.zeros((3, len(packs), length), np.int64)
        visible = np.zeros((len(packs), 1, length, length), np.bool_)
        visible[:, 0] = np.eye(length, dtype=np.bool_)  # padding sees itself: softmax needs one
        for at, pack in enumerate(packs):
            size = len(pack.ids)
            ids[at, :size], labels[at, :size] = pack.ids, pack.labels
            positions[:, at, :size] = pack.positions
            visible[at, 0, :size, :size] = pack.visible
        tensors = {
            "input_ids": ids,
            "labels": labels,
            "shift_labels": labels,
            "position_ids": positions,
            "attention_mask": visible,
        }
        pixels, grids = self.encoder.patches([page for pack in packs for page in pack.pages])
        if pixels is not None and grids is not None:
            tensors |= {"pixel_values": pixels, "image_grid_thw": grids}
        return {name: torch.from_numpy(value) for name, value in tensors.items()}

    def _path(self, example: Example) -> Path:
        pages = example.prompt.pages
        grids = [self.encoder.grid(page) for page in pages]
        tokens = [self.encoder.vision_tokens(grid) for grid in grids]
        prompt = [*self._prompt(example.prompt, tokens), *self.encoder.written(example.given)]
        target = example.ids or (*self.encoder.written(example.target), self.end)
        ids = np.array([*prompt, *target], np.int64)
        keys, positions, starts = ids.copy(), np.empty((3, len(ids)), np.int64), {}
        images = np.flatnonzero(ids[: len(prompt)] == self.encoder.image_id)
        at = place = 0
        for page, grid, count in zip(pages, grids, tokens, strict=True):
            first = int(images[0])
            images = images[count:]
            positions[:, at:first] = np.arange(place, place + first - at)
            place += first - at
            high, wide = (int(side) // self.encoder.images.merge_size for side in grid[1:])
            down, right = np.divmod(np.arange(count), wide)
            positions[:, first : first + count] = place + np.stack([np.zeros_like(down), down, right])
            keys[first : first + count] = -1 - self._page_key(page) * _MOST_TOKENS - np.arange(count)
            starts[first] = page
            at, place = first + count, place + max(high, wide)
        positions[:, at:] = np.arange(place, place + len(ids) - at)
        return Path(ids, keys, positions, starts, len(prompt))

    def _prompt(self, prompt: Prompt, tokens: list[int]) -> list[int]:
        """Return token ids. The last prompt without pages is cached, as many in a row are the same."""
        if tokens:
            return self.encoder.tokens(prompt, tokens)
        if prompt != self._last[0]:
            self._last = prompt, self.encoder.tokens(prompt, [])
        return self._last[1]

    def _page_key(self, page: Page) -> int:
        return self._page_keys.setdefault(page.sha256, len(self._page_keys))


def _alike(path: Path, other: Path) -> int:
    """Number of tokens that both begin with, excluding the last one before either's target."""
    most = min(path.prompt, other.prompt) - 1
    differ = np.flatnonzero(path.keys[:most] != other.keys[:most])
    return int(differ[0]) if len(differ) else most


def _join(parts: list[tuple[Path, int]], places: list[NDArray[np.int64]], size: int) -> Packed:
    """Lay the paths out; `places` holds where each token of each path stands."""
    ids, labels = np.empty(size, np.int64), np.full(size, IGNORED, np.int64)
    positions, visible = np.empty((3, size), np.int64), np.zeros((size, size), np.bool_)
    pages: dict[int, Page] = {}
    targets = []
    for (path, shared), place in zip(parts, places, strict=True):
        ids[place], positions[:, place] = path.ids, path.positions
        targets.append(place[path.prompt - 1 : -1])
        labels[targets[-1]] = path.ids[path.prompt :]
        fresh = place[shared:]
        visible[fresh[0] : fresh[-1] + 1, place[:shared]] = True
        visible[fresh[0] : fresh[-1] + 1, fresh[0] : fresh[-1] + 1] = np.tri(len(fresh), dtype=np.bool_)
        pages |= {int(place[first]): page for first, page in path.pages.items()}
    in_order = [page for _, page in sorted(pages.items())]
    return Packed(ids, labels, positions, visible, in_order, tuple(targets))
