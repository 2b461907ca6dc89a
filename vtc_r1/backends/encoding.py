"""A prompt as a checkpoint takes it, Qwen3-VL or GLM-4.1V: token ids and pixel values.

Inference and training both go through here, so that a model is trained on what it will see.
Works without torchvision: tokenizer and PIL image processor are used directly.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vtc_r1.errors import CheckpointError, first_line
from vtc_r1.prompts.prompt import Prompt
from vtc_r1.renderers.page import Page

_IMAGES = {
    "<|image_pad|>": "qwen2_vl.image_processing_pil_qwen2_vl.Qwen2VLImageProcessorPil",
    "<|image|>": "glm4v.image_processing_pil_glm4v.Glm4vImageProcessorPil",
}
"""What cuts images into patches, below `transformers.models`, by the token in the place of a page's."""


@dataclass(frozen=True)
class Encoded:
    """One prompt, ready for the model.

    Attributes:
        ids: token ids with every page's vision tokens in place.
        pixels: flat patches of all pages, shape (patches, patch_dim), None without pages.
        grids: patches of each page as (1, high, wide), shape (pages, 3), None without pages.
        vision_tokens: how many of `ids` stand for pages.
    """

    ids: list[int]
    pixels: NDArray[np.float32] | None
    grids: NDArray[np.int64] | None
    vision_tokens: int


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
        """Return the token ids, with so many vision tokens for each page."""
        pieces = self.chat(prompt).split(self.image_token)
        if len(pieces) != len(vision_tokens) + 1:
            raise CheckpointError("the chat template does not place one image token for every page")
        ids = self._ids(pieces[0])
        for count, piece in zip(vision_tokens, pieces[1:], strict=True):
            ids += [self.image_id] * count + self._ids(piece)
        return ids

    def vision_tokens(self, grid: NDArray[np.int64]) -> int:
        """Return how many tokens a page of that grid takes."""
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

    def patches(self, pages: list[Page]) -> tuple[NDArray[np.float32] | None, NDArray[np.int64] | None]:
        """Return pixel values and grids of `pages`, None and None where there are none."""
        if not pages:
            return None, None
        pictures = [Image.fromarray(page.pixels).convert("RGB") for page in pages]
        batch = self.images(images=pictures, return_tensors="np")
        return np.asarray(batch["pixel_values"], np.float32), np.asarray(batch["image_grid_thw"], np.int64)

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False) if text else []


def _image_token(tokenizer: Any) -> str:
    """Return the token that the chat template puts for a page; raises ValueError where it puts none."""
    template, known = str(tokenizer.chat_template), tokenizer.get_vocab()
    for token in _IMAGES:
        if token in known and token in template:
            return token
    raise ValueError(f"the chat template has none of {', '.join(_IMAGES)}: neither Qwen3-VL nor GLM-4.1V")


def _image_processor(token: str) -> Any:
    module, _, name = _IMAGES[token].rpartition(".")
    return getattr(import_module(f"transformers.models.{module}"), name)
