"""The loop's request for an example, as a prompt and as chat messages."""

import io

import numpy as np

from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers.page import Page
from vtc_r1.sft.building.example import REASON, BuiltExample


def prompt_of(example: BuiltExample, prompts: PromptSet, *, whole: bool = False) -> Prompt:
    """Return the prompt of the loop's iteration that the example represents, or that of a reading task.

    `whole` is the property of its data set.
    """
    pages = [decode(png) for png in example.images]
    if example.task != REASON:
        return Prompt(None, (example.question, *pages))
    memory = [pages[part] if isinstance(part, int) else part for part in example.memory]
    return prompts.render(example.question, memory, iteration=example.segment, whole=whole)


def decode(png: bytes) -> Page:
    """Return the page of a PNG file of this data set; its text and cost are no longer known."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        return Page(np.asarray(picture), "", 0)
