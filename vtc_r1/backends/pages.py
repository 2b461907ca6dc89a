"""Features of pages: the vision tower encodes each page once."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.renderers.lru_cache import LruCache
from vtc_r1.renderers.page import Page

if TYPE_CHECKING:
    import torch

_GRIDS, _PATCH_BYTES = 65_536, 64 << 20


class PageReader:
    """Runs the vision tower over pages, and caches its features by the page's hash.

    Args:
        encoder: cuts pages into patches.
        network: the model.
        most_bytes: limit of the cached features, in bytes.
    """

    def __init__(self, encoder: PromptEncoder, network: Any, most_bytes: int) -> None:
        self._encoder, self._network = encoder, network
        self._grids: LruCache[NDArray[np.int64]] = LruCache(_GRIDS, _GRIDS)
        self._patches: LruCache[NDArray[np.float32]] = LruCache(_GRIDS, _PATCH_BYTES)
        self._features: LruCache[tuple[torch.Tensor, ...]] = LruCache(_GRIDS, most_bytes)
        self.passes = 0
        """Number of pages that the vision tower has encoded."""

    def grid(self, page: Page) -> NDArray[np.int64]:
        """Return the page's patches as (1, high, wide)."""
        grid = self._grids.get(page.sha256)
        return self._cut(page)[1] if grid is None else grid

    def features(self, pages: list[Page]) -> list[tuple["torch.Tensor", ...]]:
        """Return for each page its embeddings and its DeepStack features, each of shape (tokens, width)."""
        distinct = {page.sha256: page for page in pages}
        known = {name: kept for name in distinct if (kept := self._features.get(name)) is not None}
        new = [page for name, page in distinct.items() if name not in known]
        for page, features in zip(new, self._encode(new) if new else [], strict=True):
            known[page.sha256] = features
            self._features.put(page.sha256, features, sum(part.nbytes for part in features))
        return [known[page.sha256] for page in pages]

    def _encode(self, pages: list[Page]) -> list[tuple["torch.Tensor", ...]]:
        """Run the vision tower over all pages in one pass."""
        import torch

        cut = [self._cut(page) for page in pages]
        at = self._network.device
        pixels = torch.from_numpy(np.concatenate([patches for patches, _ in cut]))
        grids = torch.from_numpy(np.stack([grid for _, grid in cut]))
        output = self._network.model.get_image_features(
            pixels.to(at, self._network.dtype), grids.to(at), return_dict=True
        )
        self.passes += len(pages)
        layers = [output.pooler_output, *output.deepstack_features]
        return [tuple(part.clone() for part in parts) for parts in zip(*layers, strict=True)]

    def _cut(self, page: Page) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Cut a page into patches of shape (patches, patch_dim)."""
        patches, grid = self._patches.get(page.sha256), self._grids.get(page.sha256)
        if patches is None or grid is None:
            cut, grids = self._encoder.patches([page])
            assert cut is not None and grids is not None
            patches, grid = cut, grids[0]
            self._patches.put(page.sha256, patches, patches.nbytes)
            self._grids.put(page.sha256, grid, 1)
        return patches, grid
