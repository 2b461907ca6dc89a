"""A prompt in the form that a checkpoint takes, Qwen3-VL or GLM-4.1V: token ids and pixel values.

Inference and training both use it, so that a model is trained on exactly what it will see.
Works without torchvision: tokenizer and PIL image processor are used directly.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vtc_r1.errors import CheckpointError, first_line
from vtc_r1.prompts.prompt import Prompt
from vtc_r1.renderers.page import Page

_QWEN = "<|image_pad|>"
_THINK = "<think>"
_OPENED = re.compile(rf"{_THINK}\s*\Z")
_IMAGES = {
    _QWEN: "qwen2_vl.image_processing_pil_qwen2_vl.Qwen2VLImageProcessorPil",
    "<|image|>": "glm4v.image_processing_pil_glm4v.Glm4vImageProcessorPil",
}
"""Image processor below `transformers.models`, by the placeholder token of an image."""


@dataclass(frozen=True)
class Encoded:
    """One prompt, ready for the model."""

    ids: list[int]  #: token ids with every page's vision tokens in place
    #: flat patches of all pages, shape (patches, patch_dim), None without pages
    pixels: NDArray[np.float32] | None
    #: patches of each page as (1, high, wide), shape (pages, 3), None without pages
    grids: NDArray[np.int64] | None
    vision_tokens: int  #: number of `ids` that stand for pages


class PromptEncoder:
    """Encodes prompts with a checkpoint's own tokenizer, chat template and image configuration.

    Args:
        checkpoint: folder or hub id that `from_pretrained` accepts.

    Raises:
        CheckpointError: the checkpoint cannot be read.
    """

    def __init__(self, checkpoint: str | Path) -> None:
        from transformers import AutoTokenizer

        try:
            self.tokenizer = AutoTokenizer.from_pretrained(checkpoint)
            self.image_token = _image_token(self.tokenizer)
            self.images = _image_processor(self.image_token).from_pretrained(checkpoint)
        except Exception as error:
            reason = first_line(error)
            raise CheckpointError(
                f"checkpoint {checkpoint}: tokenizer or image configuration: {reason}"
            ) from error
        self.image_id: int = self.tokenizer.convert_tokens_to_ids(self.image_token)

    def encode(self, prompt: Prompt) -> Encoded:
        """Return what the model reads before it generates."""
        pixels, grids = self.patches(prompt.pages)
        ids = self.tokens(prompt, [] if grids is None else [self.vision_tokens(grid) for grid in grids])
        return Encoded(ids, pixels, grids, ids.count(self.image_id))

    def tokens(self, prompt: Prompt, vision_tokens: list[int]) -> list[int]:
        """Return the token ids, with the given number of vision tokens for each page."""
        pieces = self.pieces(prompt)
        ids = self._ids(pieces[0])
        for count, piece in zip(vision_tokens, pieces[1:], strict=True):
            ids += [self.image_id] * count + self._ids(piece)
        return ids

    def pieces(self, prompt: Prompt) -> list[str]:
        """Return the text before, between and after the pages of a prompt; raises CheckpointError."""
        pieces = self.chat(prompt).split(self.image_token)
        if len(pieces) != len(prompt.pages) + 1:
            raise CheckpointError("the chat template does not place one image token for every page")
        return pieces

    def lengths(self, texts: list[str]) -> list[int]:
        """Return how many tokens each of many texts has."""
        return list(map(len, self.tokenizer(texts, add_special_tokens=False)["input_ids"])) if texts else []

    def vision_tokens(self, grid: NDArray[np.int64]) -> int:
        """Return the number of tokens of a page with that grid."""
        return int(grid.prod() // self.images.merge_size**2)

    def chat(self, prompt: Prompt) -> str:
        """Return the prompt as the checkpoint's chat template writes it."""
        system = [{"role": "system", "content": prompt.system}] if prompt.system else []
        content = [
            {"type": "image"} if isinstance(part, Page) else {"type": "text", "text": part}
            for part in prompt.content
        ]
        messages = [*system, {"role": "user", "content": content}]
        text: str = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return text

    def written(self, text: str) -> list[int]:
        """Return the token ids of what the model writes after a prompt: those of `unopened` text."""
        return self._ids(self.unopened(text))

    def unopened(self, text: str) -> str:
        """Return what the model writes after a prompt of its chat template.

        Where the chat template opens the thinking at the end of the prompt, as Qwen3-VL Thinking's does, the
        `<think>` with which `text` starts is there already and is left out.
        """
        if not text.startswith(_THINK):
            return text
        both = zip(self._opened, text, strict=False)
        return text[sum(1 for _ in takewhile(lambda two: two[0] == two[1], both)) :]

    @cached_property
    def _opened(self) -> str:
        """What the chat template has begun of the answer: `<think>` with the space after it, or nothing."""
        found = _OPENED.search(self.chat(Prompt(None, ("?",))))
        return found.group() if found else ""

    def grid(self, page: Page) -> NDArray[np.int64]:
        """Return the patches of `page` as (1, high, wide); raises ValueError if it would be resampled."""
        if not self._fits(page):
            raise ValueError(f"a page of {page.width}×{page.height} px is not on the checkpoint's grid")
        patch = self.images.patch_size
        return np.array([1, page.height // patch, page.width // patch], np.int64)

    def patches(self, pages: list[Page]) -> tuple[NDArray[np.float32] | None, NDArray[np.int64] | None]:
        """Return pixel values and grids of `pages`, None and None without pages."""
        if not pages:
            return None, None
        if all(page.pixels.ndim == 2 and self._fits(page) for page in pages):
            return (
                np.concatenate([self._grey_patches(page.pixels) for page in pages]),
                np.stack([self.grid(page) for page in pages]),
            )
        pictures = [Image.fromarray(page.pixels).convert("RGB") for page in pages]
        batch = self.images(images=pictures, return_tensors="np")
        return np.asarray(batch["pixel_values"], np.float32), np.asarray(batch["image_grid_thw"], np.int64)

    def _fits(self, page: Page) -> bool:
        """Tell whether Qwen3-VL's processor keeps the size of `page`; False for other processors."""
        if self.image_token != _QWEN:
            return False
        unit, sizes = self.images.patch_size * self.images.merge_size, self.images.size
        on_grid = page.width % unit == 0 and page.height % unit == 0
        return on_grid and bool(sizes["shortest_edge"] <= page.width * page.height <= sizes["longest_edge"])

    def _grey_patches(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Cut a grey page into the processor's patches, but much faster; shape (patches, patch_dim)."""
        patch, merge = self.images.patch_size, self.images.merge_size
        high, wide = pixels.shape[0] // (patch * merge), pixels.shape[1] // (patch * merge)
        values = self._levels[:, pixels].reshape(3, high, merge, patch, wide, merge, patch)
        cut = values.transpose(1, 4, 2, 5, 0, 3, 6)[:, :, :, :, :, None]
        times = self.images.temporal_patch_size
        full = np.broadcast_to(cut, (*cut.shape[:5], times, patch, patch))
        return full.reshape(high * wide * merge * merge, -1)

    @cached_property
    def _levels(self) -> NDArray[np.float32]:
        """The processor's value for each of 256 grey levels, in each channel: shape (3, 256)."""
        patch, unit = self.images.patch_size, self.images.patch_size * self.images.merge_size
        found: list[NDArray[np.float32]] = []
        for first in range(0, 256, patch * patch):
            grey = np.zeros((unit, unit), np.uint8)
            grey[:patch, :patch] = np.arange(first, first + patch * patch).reshape(patch, patch) % 256
            picture = Image.fromarray(grey).convert("RGB")
            done = self.images(images=[picture], return_tensors="np", do_resize=False)["pixel_values"]
            found.append(np.asarray(done[0], np.float32).reshape(3, -1, patch * patch)[:, 0])
        return np.concatenate(found, axis=1)[:, :256]

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False) if text else []


def _image_token(tokenizer: Any) -> str:
    """Return the placeholder token of an image in the chat template; raises ValueError without one."""
    template, known = str(tokenizer.chat_template), tokenizer.get_vocab()
    for token in _IMAGES:
        if token in known and token in template:
            return token
    raise ValueError(f"the chat template has none of {', '.join(_IMAGES)}: neither Qwen3-VL nor GLM-4.1V")


def _image_processor(token: str) -> Any:
    module, _, name = _IMAGES[token].rpartition(".")
    return getattr(import_module(f"transformers.models.{module}"), name)
