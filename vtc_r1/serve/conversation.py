"""The conversation in a request: its last message is the question, earlier turns start the memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.serve.message import Message
from vtc_r1.serve.refusal import invalid

MOST_CHARACTERS = 1_000_000  #: limit of characters, over all texts of a conversation


@dataclass(frozen=True)
class Conversation:
    """A conversation that ends with a question."""

    question: str  #: the last message
    earlier: tuple[str, ...]  #: the turns before it, each a question with its answer; they start the memory
    system: str | None  #: all system and developer messages
    images: tuple[tuple[str, str], ...]  #: place in the body and URL of each image, oldest first

    @property
    def whole(self) -> str:
        """All turns as one text, for a solve without memory."""
        return "\n\n".join([*self.earlier, self.question])


def conversation(
    messages: Sequence[Message], field: str = "messages", *, is_text: bool = False
) -> Conversation:
    """Read the messages of a request; raises Refusal.

    Args:
        messages: the messages, oldest first.
        field: field of the body that holds them.
        is_text: the field is a text, and not a list of messages.
    """
    images = tuple(image for at, message in enumerate(messages) for image in message.images(f"{field}[{at}]"))
    last = f"{field}[{len(messages) - 1}]"
    content = field if is_text else f"{last}.content"
    if messages[-1].role != "user":
        reason = f"the last message must be the user's, not of role '{messages[-1].role}'"
        raise invalid(f"{last}.role", reason)
    if not messages[-1].text.strip():
        raise invalid(content, "the question is empty")
    if sum(len(message.text) for message in messages) > MOST_CHARACTERS:
        raise invalid(field, f"the texts have more than {MOST_CHARACTERS:,} characters in total")
    system = [message.text for message in messages if message.role in ("system", "developer")]
    return Conversation(
        messages[-1].text, _turns(messages[:-1]), "\n\n".join(filter(None, system)) or None, images
    )


def _turns(messages: Sequence[Message]) -> tuple[str, ...]:
    """Join each user message with the answer to it."""
    turns: list[list[str]] = []
    for message in messages:
        if message.role not in ("user", "assistant") or not message.text.strip():
            continue
        if message.role == "user" or not turns:
            turns.append([])
        label = "Asked before" if message.role == "user" else "Answered"
        turns[-1].append(f"{label}: {message.text.strip()}")
    return tuple("\n".join(turn) for turn in turns)
