"""What a conversation comes to for the loop: one question, and what is attached to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.serve.message import Message
from vtc_r1.serve.refusal import Refusal

MOST_CHARACTERS = 1_000_000
"""Most characters of all texts of a conversation together."""


@dataclass(frozen=True)
class Conversation:
    """A conversation that ends with a question.

    Attributes:
        question: the last message.
        earlier: the turns before it, each a question with its answer; the memory begins with them.
        system: all system and developer messages.
        images: where each image stands in the body, and its address, oldest first.
    """

    question: str
    earlier: tuple[str, ...]
    system: str | None
    images: tuple[tuple[str, str], ...]


def conversation(messages: Sequence[Message]) -> Conversation:
    """Read the messages of a request; raises Refusal."""
    images = tuple(
        image for at, message in enumerate(messages) for image in message.images(f"messages[{at}]")
    )
    last = f"messages[{len(messages) - 1}]"
    if messages[-1].role != "user":
        raise _off(f"{last}.role", f"the last message asks, so it is a user's, not '{messages[-1].role}'")
    if not messages[-1].text.strip():
        raise _off(f"{last}.content", "the question is empty")
    if sum(len(message.text) for message in messages) > MOST_CHARACTERS:
        raise _off("messages", f"all texts together are over {MOST_CHARACTERS:,} characters")
    system = [message.text for message in messages if message.role in ("system", "developer")]
    return Conversation(
        messages[-1].text, _turns(messages[:-1]), "\n\n".join(filter(None, system)) or None, images
    )


def _turns(messages: Sequence[Message]) -> tuple[str, ...]:
    """Put every user's message and what was answered to it together."""
    turns: list[list[str]] = []
    for message in messages:
        if message.role not in ("user", "assistant") or not message.text.strip():
            continue
        if message.role == "user" or not turns:
            turns.append([])
        label = "Asked before" if message.role == "user" else "Answered"
        turns[-1].append(f"{label}: {message.text.strip()}")
    return tuple("\n".join(turn) for turn in turns)


def _off(param: str, reason: str) -> Refusal:
    return Refusal(400, f"Invalid '{param}': {reason}.", param=param, code="invalid_value")
