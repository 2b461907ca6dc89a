"""A segment as a server tells it: event by event, or whole."""

from typing import Any

from vtc_r1.backends.base import Completion
from vtc_r1.estimates import CHARACTERS_PER_TOKEN
from vtc_r1.prompts.prompt import Prompt
from vtc_r1.trace import FinishReason, Usage

_REASONS: dict[str, FinishReason] = {
    **dict.fromkeys(
        ("stop", "eos", "eos_token", "end_turn", "stop_sequence", "end_of_text", "complete", "completed"),
        "stop",
    ),
    **dict.fromkeys(
        ("length", "max_tokens", "max_length", "max_output_tokens", "max_new_tokens", "model_length"),
        "length",
    ),
    **dict.fromkeys(
        ("content_filter", "safety", "refusal", "recitation", "blocklist", "prohibited_content", "spii"),
        "content_filter",
    ),
}
"""What servers of this protocol, and those that translate to it, call the ends of a text, in lower case."""


class Complaint(Exception):
    """An error that arrives where an event, or a completion, was expected.

    Attributes:
        error: what the server says of it: an object, or a text.
    """

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class Unfinished(Exception):
    """A segment that ended for a reason that leaves it without its end.

    Attributes:
        reason: as the server calls it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Segment:
    """What is known of a segment so far.

    Args:
        prompt: what it is generated from; its tokens are counted where the server does not.
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

    def take(self, event: Any) -> str:
        """Take an event of a stream, or a whole completion; returns the text that it adds.

        Which of the two it is, is seen from the event: some servers answer whole where a stream was asked.

        Raises:
            Complaint: it is an error.
            ValueError: it is nothing that a server of this protocol says.
        """
        try:
            if error := error_of(event):
                raise Complaint(error)
            self._usage = event.get("usage") or self._usage
            added = ""
            for choice in (event["choices"] or ())[:1]:
                said = choice["message"] if choice.get("message") is not None else choice["delta"]
                added += self._text.add(*spoken(said or {}))
                self._reason = choice.get("finish_reason") or self._reason
            return added
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    def completion(self, attempts: int) -> Completion:
        """Return the whole segment.

        Raises:
            Unfinished: the server gave it up, or ended it for what is no end of a text.
            ValueError: it says nothing of its end, or its counts are no counts.
        """
        if self._reason is None:
            raise ValueError("it holds no choice that is finished")
        reason = _REASONS.get(str(self._reason).lower())
        if reason is None:
            raise Unfinished(str(self._reason))
        try:
            return Completion(self._text.text, reason, self._counted(), attempts)
        except (AttributeError, TypeError) as error:
            raise ValueError(f"its usage is {self._usage!r}") from error

    def _counted(self) -> Usage:
        """The server's count; where it gives none, vision tokens by our own arithmetic, text by estimate."""
        expected = sum(page.vision_tokens for page in self._prompt.pages)
        if self._usage is None:
            texts = [part for part in self._prompt.content if isinstance(part, str)]
            read = round(sum(map(len, [self._prompt.system or "", *texts])) / CHARACTERS_PER_TOKEN)
            return Usage(
                prompt_tokens=expected + read, vision_tokens=expected, completion_tokens=self._text.pieces
            )
        details = self._usage.get("prompt_tokens_details") or {}
        images = details.get("image_tokens")
        return Usage(
            prompt_tokens=self._usage.get("prompt_tokens") or 0,
            vision_tokens=expected if images is None else images,
            completion_tokens=self._usage.get("completion_tokens") or 0,
            cached_tokens=details.get("cached_tokens") or 0,
        )


def error_of(event: Any) -> Any:
    """Return the error that an event, or a whole answer, is; None where it is none."""
    return event.get("error") or (event if event.get("object") == "error" else None)


def spoken(said: Any) -> tuple[str, str]:
    """Return thoughts and text of a message, or of a piece of one, in the forms that servers give them.

    Thoughts are `reasoning_content` (SGLang, DeepSeek) or `reasoning` (vLLM, OpenRouter, Ollama), where both
    are there twice the same; `content` is a text or a list of parts, of which some may be thoughts (Mistral).
    """
    content = said.get("content")
    thoughts = next(
        (
            given
            for given in (said.get("reasoning_content"), said.get("reasoning"))
            if isinstance(given, str) and given
        ),
        "",
    )
    if content is None or isinstance(content, str):
        return thoughts, content or ""
    text = ""
    for part in content:
        if part.get("type") == "thinking":
            thoughts += _joined(part["thinking"])
        else:
            text += _joined(part.get("text"))
    return thoughts, text


def _joined(given: Any) -> str:
    """Return a text that is given as it is, or as parts."""
    if given is None or isinstance(given, str):
        return given or ""
    return "".join(part.get("text") or "" for part in given)


class Merged:
    """Joins thoughts and content into the one text that the model wrote.

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

    def add(self, reasoning: str, content: str) -> str:
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
