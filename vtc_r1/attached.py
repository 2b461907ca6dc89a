"""What may come with a question: pictures, the conversation before it, a system text."""

from dataclasses import dataclass

from vtc_r1.renderers.page import Page


@dataclass(frozen=True)
class Attached:
    """What belongs to a question beside its text.

    Attributes:
        images: pictures, in every prompt of the solve, before the question.
        earlier: earlier turns of the conversation, oldest first; the memory begins with them.
        system: text that follows the prompt set's own system prompt.
    """

    images: tuple[Page, ...] = ()
    earlier: tuple[str, ...] = ()
    system: str | None = None


NOTHING = Attached()
"""A question that comes alone."""
