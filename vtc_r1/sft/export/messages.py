"""What the loop would send for an example, as a prompt and as chat messages."""

import io

import numpy as np

from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers.page import Page
from vtc_r1.sft.building.example import BuiltExample


def prompt_of(example: BuiltExample, prompts: PromptSet) -> Prompt:
    """Return the prompt of the loop's iteration that the example stands for."""
    pages = [decode(png) for png in example.images]
    memory = [pages[part] if isinstance(part, int) else part for part in example.memory]
    return prompts.render(example.question, memory, iteration=example.segment)


def decode(png: bytes) -> Page:
    """Return the page of a PNG file of this data set; its text and cost are not known any more."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        return Page(np.asarray(picture), "", 0)
