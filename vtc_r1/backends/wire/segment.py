"""A segment as a server sends it: event by event, or whole."""

from typing import Any

from vtc_r1 import estimates
from vtc_r1.backends.base import Completion
from vtc_r1.backends.wire.sse import ENDED
from vtc_r1.iteration import FinishReason, Sampled, Usage
from vtc_r1.prompts.prompt import Prompt

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
        (
            "content_filter",
            "safety",
            "refusal",
            "recitation",
            "blocklist",
            "prohibited_content",
            "spii",
            "sensitive",
        ),
        "content_filter",
    ),
}
"""Finish reasons of servers with this protocol, native or translated, in lower case."""


class ServerError(Exception):
    """An error in place of an event or a completion.

    Attributes:
        error: the server's error: an object or a text.
    """

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class Unfinished(Exception):
    """A segment that ended for a reason other than its end or its token limit.

    Attributes:
        reason: the server's finish reason.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unrecorded(Exception):
    """A segment without the tokens that were asked for; the message says what is missing."""


class Segment:
    """What has arrived of a segment so far.

    Args:
        prompt: its prompt, whose tokens are estimated if the server does not count them.
        records: whether its tokens are recorded.
    """

    def __init__(self, prompt: Prompt, *, records: bool = False) -> None:
        self._prompt, self._records = prompt, records
        self._sampled: tuple[Any, Any] = (None, None)
        self._text = Merged()
        self._reason: str | None = None
        self._usage: Any = None
        self._foreign = self._done = False

    @property
    def ended(self) -> bool:
        """Whether the server has sent a finish reason."""
        return self._reason is not None

    @property
    def lacks(self) -> str | None:
        """What a complete answer lacks, or one of another protocol; None if the answer was cut off."""
        if self._foreign and not self._text.pieces:
            return "it has no choices"
        return "it has no finish reason" if self._done else None

    def take(self, event: Any) -> str:
        """Process an event of a stream, or a whole completion; return the text that it adds.

        The event itself decides which it is: some servers send a whole completion for a streaming request.

        Raises:
            ServerError: it is an error.
            ValueError: it does not follow the protocol.
        """
        try:
            if error := error_of(event):
                raise ServerError(error)
            self._usage = event.get("usage") or self._usage
            self._done = self._done or event is ENDED
            if "choices" not in event:  # a ping or progress; all events of another protocol
                self._foreign = True
                return ""
            added = ""
            for choice in (event["choices"] or ())[:1]:
                message = choice["message"] if choice.get("message") is not None else choice["delta"]
                added += self._text.add(*thoughts_and_text(message or {}))
                self._reason = choice.get("finish_reason") or self._reason
                if self._records:
                    self._sampled = choice.get("response_token_ids"), choice.get("logprobs")
            return added
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    def completion(self, attempts: int) -> Completion:
        """Return the whole segment.

        Raises:
            Unfinished: the server aborted it, or ended it for another reason.
            Unrecorded: it lacks the tokens that were asked for.
            ValueError: the finish reason is missing, or the usage or the tokens are invalid.
        """
        if self._reason is None:
            raise ValueError("it has no finished choice")
        reason = _REASONS.get(str(self._reason).lower())
        if reason is None:
            raise Unfinished(str(self._reason))
        sampled = self._recorded() if self._records else None
        try:
            return Completion(self._text.text, reason, self._counted(), attempts, sampled)
        except (AttributeError, TypeError) as error:
            raise ValueError(f"its usage is {self._usage!r}") from error

    def _recorded(self) -> Sampled:
        """Return the tokens in SGLang's fields; vLLM's are not read, as its log-probabilities differ."""
        ids, said = self._sampled
        try:
            logprobs = [each["logprob"] for each in (said or {}).get("content") or ()]
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"its log-probabilities are {said!r}") from error
        if not ids or not logprobs:
            raise Unrecorded(f"no {'log-probabilities' if ids else 'token ids'}")
        if len(ids) != len(logprobs):
            raise Unrecorded(f"{len(logprobs)} log-probabilities for {len(ids)} tokens")
        return Sampled(ids=tuple(ids), logprobs=tuple(logprobs))

    def _counted(self) -> Usage:
        """Return the server's usage; without one, compute vision tokens and estimate text tokens."""
        expected = sum(page.vision_tokens for page in self._prompt.pages)
        if self._usage is None:
            texts = [part for part in self._prompt.content if isinstance(part, str)]
            read = round(sum(map(estimates.tokens, [self._prompt.system or "", *texts])))
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
    """Return the error in an event or a whole response, None without one."""
    bare = "choices" not in event and any(isinstance(event.get(key), str) for key in ("message", "detail"))
    error = event.get("error") or (event if event.get("object") == "error" or bare else None)
    code = event.get("code") or event.get("error_type")
    return {"message": error, "code": code} if isinstance(error, str) and code else error


def thoughts_and_text(message: Any) -> tuple[str, str]:
    """Return thoughts and text of a message, or of a delta, in the formats of the various servers.

    Thoughts are `reasoning_content` (SGLang, DeepSeek) or `reasoning` (vLLM, OpenRouter, Ollama), equal if
    both are present; `content` is a text or a list of parts, some of which may be thoughts (Mistral).
    """
    content = message.get("content")
    thoughts = next(
        (
            given
            for given in (message.get("reasoning_content"), message.get("reasoning"))
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
    """Return a text that is given as a string or as parts."""
    if given is None or isinstance(given, str):
        return given or ""
    return "".join(part.get("text") or "" for part in given)


class Merged:
    """Joins thoughts and content into the one text that the model generated.

    A server with a reasoning parser removes the thinking tags; they are inserted again.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._thinking = False

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._parts)

    @property
    def pieces(self) -> int:
        """Number of pieces with text."""
        return len(self._parts)

    def add(self, reasoning: str, content: str) -> str:
        """Add a piece of both; return the new text."""
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
