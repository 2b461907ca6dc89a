"""What may come with a question: pictures, the conversation before it, a system text, documents."""

from dataclasses import dataclass

from vtc_r1.documents.document import Document
from vtc_r1.renderers.page import Page


@dataclass(frozen=True)
class Attached:
    """What belongs to a question beside its text.

    Attributes:
        images: pictures, in every prompt of the solve, before the question.
        earlier: earlier turns of the conversation, oldest first; the memory begins with them.
        system: text that follows the prompt set's own system prompt.
        documents: what the question is about, in every prompt of the solve, behind the question.
    """

    images: tuple[Page, ...] = ()
    earlier: tuple[str, ...] = ()
    system: str | None = None
    documents: tuple[Document, ...] = ()

    @property
    def kinds(self) -> str:
        """Say what of it a model that takes a bare question cannot take, empty where it is nothing."""
        found = {"pictures": self.images, "earlier turns": self.earlier}
        return " and ".join(name for name, given in found.items() if given)


NOTHING = Attached()  #: a question that comes alone
