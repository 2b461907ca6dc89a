"""A prompt: the system text, and the user's content in the order in which the model reads it."""

import math
from dataclasses import dataclass
from typing import Self

from vtc_r1.estimates import MOST_CHARACTERS_PER_TOKEN
from vtc_r1.renderers.page import Page

AROUND = 2  #: tokens that start and end an image


class Note(str):
    """A text that the memory itself wrote, not part of a segment.

    Attributes:
        kind: names the template `KIND.jinja` of a prompt set; without one the text is used unchanged.
    """

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, text: str, kind: str) -> Self:
        """Make a note of a kind."""
        note = super().__new__(cls, text)
        note.kind = kind
        return note


@dataclass(frozen=True)
class Prompt:
    """One request's content.

    Attributes:
        system: system text, None if the model was trained without one.
        content: texts and pages; the question first, what varies between iterations last.
    """

    system: str | None
    content: tuple[str | Page, ...]

    @property
    def pages(self) -> list[Page]:
        """The pages of the content, in order."""
        return [part for part in self.content if isinstance(part, Page)]

    @property
    def least_tokens(self) -> int:
        """Lower bound of its tokens: those of its pages, and a lower bound for its text."""
        pages = sum(page.vision_tokens + AROUND for page in self.pages)
        texts = [part for part in (self.system, *self.content) if isinstance(part, str)]
        return pages + math.floor(sum(map(len, texts)) / MOST_CHARACTERS_PER_TOKEN)
