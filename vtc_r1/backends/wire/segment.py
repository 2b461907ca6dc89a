"""A segment as a server tells it: event by event, or whole."""

from typing import Any

from vtc_r1.backends.base import Completion
from vtc_r1.prompts.prompt import Prompt
from vtc_r1.trace import FinishReason, Usage

_REASONS: dict[str | None, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "abort": "abort",
    "content_filter": "content_filter",
}


class Complaint(Exception):
    """An error that arrives where an event, or a completion, was expected.

    Attributes:
        error: what the server says of it: an object, or a text.
    """

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class Segment:
    """What is known of a segment so far.

    Args:
        prompt: what it is generated from; its pages are counted where the server does not.
    """

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._text = Merged()
        self._reason: str | None = None
        self._usage: Any = None

    @property
    def ended(self) -> bool:
        """Whether the server has said why the segment ends."""
        return self._reason is not None

    def take(self, event: Any, part: str = "delta") -> str:
        """Take an event, or with `part` "message" a whole completion; returns the text that it adds.

        Raises:
            Complaint: it is an error.
            ValueError: it is nothing that a server of this protocol says.
        """
        try:
            if event.get("error") or event.get("object") == "error":
                raise Complaint(event.get("error") or event)
            self._usage = event.get("usage") or self._usage
            added, choices = "", event["choices"][:1]
            if part == "message" and not choices:
                raise ValueError("it holds no choice")
            for choice in choices:
                self._reason = choice.get("finish_reason") or self._reason
                said = choice[part]
                added += self._text.add(said.get("reasoning_content"), said.get("content"))
            return added
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    def completion(self, attempts: int) -> Completion:
        """Return the whole segment; raises ValueError where the server's counts are no counts."""
        reason = _REASONS.get(self._reason, "abort")
        try:
            return Completion(self._text.text, reason, self._counted(), attempts)
        except (AttributeError, TypeError) as error:
            raise ValueError(f"its usage is {self._usage!r}") from error

    def _counted(self) -> Usage:
        """The server's count; vision tokens by our own arithmetic where it gives none."""
        expected = sum(page.vision_tokens for page in self._prompt.pages)
        if self._usage is None:
            return Usage(vision_tokens=expected, completion_tokens=self._text.pieces)
        details = self._usage.get("prompt_tokens_details") or {}
        images = details.get("image_tokens")
        return Usage(
            prompt_tokens=self._usage.get("prompt_tokens") or 0,
            vision_tokens=expected if images is None else images,
            completion_tokens=self._usage.get("completion_tokens") or 0,
            cached_tokens=details.get("cached_tokens") or 0,
        )


class Merged:
    """Joins `reasoning_content` and `content` into the one text that the model wrote.

    A server with a reasoning parser takes the thinking tags away; they are put back.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._thinking = False

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(self._parts)

    @property
    def pieces(self) -> int:
        """How many pieces added text."""
        return len(self._parts)

    def add(self, reasoning: str | None, content: str | None) -> str:
        """Take one piece of both; return the text that it adds."""
        piece = ""
        if reasoning:
            piece += reasoning if self._thinking else f"<think>{reasoning}"
            self._thinking = True
        if content:
            piece += "</think>" + content if self._thinking else content
            self._thinking = False
        if piece:
            self._parts.append(piece)
        return piece
