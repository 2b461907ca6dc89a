"""What the loop would send for an example, as a prompt and chat messages; its pages as files."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vtc_r1.memory import Parts
from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers.page import Page
from vtc_r1.sft.building.example import REASON, BuiltExample


def prompt_of(example: BuiltExample, prompts: PromptSet, policy: type[Parts]) -> Prompt:
    """Return the prompt of the loop's iteration that the example represents, or that of a reading task.

    `policy` is the memory policy of its data set.
    """
    return prompt_with(example, [decode(png) for png in example.images], prompts, policy)


def prompt_with(
    example: BuiltExample, pages: Sequence[Page], prompts: PromptSet, policy: type[Parts]
) -> Prompt:
    """Return its prompt with these pages in place of its images."""
    if example.task != REASON:
        return Prompt(None, (example.question, *pages))
    memory = [pages[part] if isinstance(part, int) else part for part in example.memory]
    return prompts.render(
        example.question,
        memory,
        iteration=example.segment,
        whole=policy.max_iterations == 1,
        carries=policy.carries,
    )


_TEMPLATE = 64
"""Tokens that a chat template adds to a prompt, on the high side; it adds no more than two to a page."""


def most_tokens(example: BuiltExample, prompt: Prompt) -> int:
    """Return an upper bound of an example's tokens by any tokenizer: none has more tokens than bytes."""
    texts = [prompt.system or "", *(part for part in prompt.content if isinstance(part, str)), example.target]
    return (
        sum(len(text.encode()) for text in texts)
        + example.vision_tokens
        + 2 * len(example.images)
        + _TEMPLATE
    )


def decode(png: bytes) -> Page:
    """Return the page of a PNG file of this data set; its text and cost are no longer known."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        return Page(np.asarray(picture), "", 0)


@dataclass(eq=False)
class PageFiles:
    """Writes pages below a folder as `pages/ab/HASH.png`."""

    folder: Path  #: the folder of an export

    def paths(self, example: BuiltExample) -> list[str]:
        """Write what is not there yet; return the paths relative to the folder."""
        return [self._path(png) for png in example.images]

    def _path(self, png: bytes) -> str:
        name = hashlib.sha256(png).hexdigest()
        path = self.folder / "pages" / name[:2] / f"{name}.png"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png)
        return path.relative_to(self.folder).as_posix()
