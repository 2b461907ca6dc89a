"""A prompt: the system text, and the user's content in the order in which the model reads it."""

from dataclasses import dataclass
from typing import Self

from vtc_r1.renderers.page import Page


class Note(str):
    """A text that the memory itself wrote, and no part of a segment.

    Attributes:
        kind: names the template `KIND.jinja` of a prompt set; without one it stands as it is.
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
        system: system text, None where the model was trained without one.
        content: texts and pages; the question first, what varies between iterations last.
    """

    system: str | None
    content: tuple[str | Page, ...]

    @property
    def pages(self) -> list[Page]:
        """The pages of the content, in order."""
        return [part for part in self.content if isinstance(part, Page)]
