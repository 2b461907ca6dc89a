"""A conversation as the loop takes it: one question, and what is attached to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.serve.message import Message
from vtc_r1.serve.refusal import Refusal

MOST_CHARACTERS = 1_000_000
"""Limit of characters, over all texts of a conversation."""


@dataclass(frozen=True)
class Conversation:
    """A conversation that ends with a question.

    Attributes:
        question: the last message.
        earlier: the turns before it, each a question with its answer; they start the memory.
        system: all system and developer messages.
        images: place in the body and URL of each image, oldest first.
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
        raise _invalid(
            f"{last}.role", f"the last message must be the user's, not of role '{messages[-1].role}'"
        )
    if not messages[-1].text.strip():
        raise _invalid(f"{last}.content", "the question is empty")
    if sum(len(message.text) for message in messages) > MOST_CHARACTERS:
        raise _invalid("messages", f"the texts have more than {MOST_CHARACTERS:,} characters in total")
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


def _invalid(param: str, reason: str) -> Refusal:
    return Refusal(400, f"Invalid '{param}': {reason}.", param=param, code="invalid_value")
