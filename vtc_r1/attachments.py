"""What may come with a question: pictures, earlier turns, a system text, documents."""

from dataclasses import dataclass

from vtc_r1.documents.document import Document
from vtc_r1.renderers.page import Page


@dataclass(frozen=True)
class Attachments:
    """What belongs to a question besides its text.

    Attributes:
        images: pictures, in every prompt of the solve, before the question.
        earlier: earlier turns of the conversation, oldest first; the memory begins with them.
        system: text that follows the prompt set's own system prompt.
        documents: what the question is about, in every prompt of the solve, after the question.
    """

    images: tuple[Page, ...] = ()
    earlier: tuple[str, ...] = ()
    system: str | None = None
    documents: tuple[Document, ...] = ()

    @property
    def kinds(self) -> str:
        """Name the parts that a model for bare questions cannot take; empty if there are none."""
        found = {"pictures": self.images, "earlier turns": self.earlier}
        return " and ".join(name for name, given in found.items() if given)


NOTHING = Attachments()
"""Nothing comes with the question."""
