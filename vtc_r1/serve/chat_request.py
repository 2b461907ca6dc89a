"""The body of a chat completion request: fields that count, are ignored or are refused; its messages."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from vtc_r1.serve.refusal import Refusal

_TOOLS = ("tool", "function")
_ABSENT = Raw(b"null")


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the parts of a request: without unknown fields or conversion of types."""


class ImageUrl(Field, frozen=True):
    """The URL of an image, as a rule a `data:` URI; `detail` is ignored."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class Part(Field, frozen=True):
    """A text, or an image."""

    type: Literal["text", "image_url"]
    text: str | None = None
    image_url: ImageUrl | None = None

    def __post_init__(self) -> None:
        other = "text" if self.type == "image_url" else "image_url"
        if getattr(self, self.type) is None:
            raise ValueError(f"a part of type '{self.type}' needs '{self.type}'")
        if getattr(self, other) is not None:
            raise ValueError(f"a part of type '{self.type}' must not have '{other}'")


class Message(Field, frozen=True):
    """A message; `name`, `refusal`, `reasoning_content` and `annotations` are ignored."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None
    name: Raw = _ABSENT
    refusal: Raw = _ABSENT
    reasoning_content: Raw = _ABSENT
    annotations: Raw = _ABSENT
    audio: Raw = _ABSENT
    function_call: Raw = _ABSENT
    tool_calls: Raw = _ABSENT

    def __post_init__(self) -> None:
        if self.role in _TOOLS:
            raise ValueError(f"role '{self.role}': this model calls no tools")
        for name in ("audio", "function_call", "tool_calls"):
            if not _is_neutral(getattr(self, name)):
                raise ValueError(f"'{name}': this model has no audio and calls no tools")

    @property
    def parts(self) -> list[Part]:
        """Its parts; a plain string is one of text."""
        if isinstance(self.content, str):
            return [Part(type="text", text=self.content)]
        return self.content or []

    @property
    def text(self) -> str:
        """Its texts, joined by newlines."""
        return "\n".join(part.text for part in self.parts if part.text is not None)

    def images(self, place: str) -> list[tuple[str, str]]:
        """Return place in the body and URL of its images; raises Refusal."""
        found = []
        for at, part in enumerate(self.parts):
            if part.image_url is None:
                continue
            where = f"{place}.content[{at}].image_url.url"
            if self.role != "user":
                raise _invalid(where, "only user messages may contain images")
            found.append((where, part.image_url.url))
        return found


MOST_CHOICES = 16
MOST_STOPS = 16
MOST_MESSAGES = 2_000
MOST_PARTS = 4_000  #: limit of parts, over all messages
LARGEST_SEED = 2**63 - 1 - MOST_CHOICES
_LONGEST_NEUTRAL = 100


def _is_neutral(raw: Raw, neutral: float = 0) -> bool:
    """Tell whether the value of an unsupported field asks for nothing; `neutral` is its number for that."""
    if memoryview(raw).nbytes > _LONGEST_NEUTRAL:
        return False
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    if value is None or isinstance(value, bool):
        return not value
    return value in (neutral, "none", "auto") or value in ([], {}, ["text"], {"type": "text"})


def _invalid(field: str, reason: str, code: str = "invalid_value") -> Refusal:
    return Refusal(400, f"Invalid '{field}': {reason}.", param=field, code=code)


Unsupported = Annotated[Raw, Meta(description="refused unless it asks for nothing")]
Dropped = Annotated[Raw, Meta(description="ignored, and the response says so")]
Ignored = Raw
Stop = Annotated[str, Meta(min_length=1, max_length=1_000)]
Tokens = Annotated[int, Meta(ge=1, le=10_000_000)]


class StreamOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a streamed response; others are ignored."""

    include_usage: bool | None = None


class ChatRequest(Field, frozen=True):
    """The body of a request.

    `max_tokens` is the budget of the whole solve. `stop` ends the answer, not the reasoning.
    """

    model: str
    messages: Annotated[list[Message], Meta(min_length=1, max_length=MOST_MESSAGES)]
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    n: Annotated[int, Meta(ge=1, le=MOST_CHOICES)] | None = None
    stop: Annotated[list[Stop], Meta(max_length=MOST_STOPS)] | Stop | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=-1, le=1_000_000)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    seed: Annotated[int, Meta(ge=0, le=LARGEST_SEED)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    metadata: Ignored = _ABSENT
    parallel_tool_calls: Ignored = _ABSENT
    prediction: Ignored = _ABSENT
    prompt_cache_key: Ignored = _ABSENT
    prompt_cache_retention: Ignored = _ABSENT
    reasoning_effort: Ignored = _ABSENT
    safety_identifier: Ignored = _ABSENT
    service_tier: Ignored = _ABSENT
    store: Ignored = _ABSENT
    user: Ignored = _ABSENT
    verbosity: Ignored = _ABSENT

    audio: Unsupported = _ABSENT
    frequency_penalty: Unsupported = _ABSENT
    function_call: Unsupported = _ABSENT
    logit_bias: Unsupported = _ABSENT
    logprobs: Unsupported = _ABSENT
    modalities: Unsupported = _ABSENT
    response_format: Unsupported = _ABSENT
    tool_choice: Unsupported = _ABSENT
    top_logprobs: Unsupported = _ABSENT
    web_search_options: Unsupported = _ABSENT

    best_of: Unsupported = _ABSENT
    length_penalty: Unsupported = _ABSENT
    min_p: Unsupported = _ABSENT
    min_tokens: Unsupported = _ABSENT
    repetition_penalty: Unsupported = _ABSENT
    typical_p: Unsupported = _ABSENT

    functions: Dropped = _ABSENT
    ignore_eos: Dropped = _ABSENT
    tools: Dropped = _ABSENT

    def __post_init__(self) -> None:
        for name in UNSUPPORTED:
            if not _is_neutral(getattr(self, name), 1 if name in _ONES else 0):
                raise _invalid(name, "is not supported by this model; leave it out")
        lists = (one.content for one in self.messages if isinstance(one.content, list))
        if sum(map(len, lists)) > MOST_PARTS:
            raise _invalid("messages", f"they have more than {MOST_PARTS:,} parts", "array_above_max_length")
        if self.max_tokens is not None and self.max_completion_tokens is not None:
            raise _invalid("max_tokens", "cannot be combined with 'max_completion_tokens'; give one of them")
        if self.stream_options is not None and not self.stream:
            raise _invalid("stream_options", "requires 'stream': true")

    @property
    def dropped(self) -> tuple[str, ...]:
        """Names of the fields that are ignored although they ask for something."""
        return tuple(name for name in DROPPED if not _is_neutral(getattr(self, name)))

    @property
    def stops(self) -> tuple[str, ...]:
        """Strings that end the answer."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def budget(self) -> int | None:
        """Limit of generated tokens of the whole solve."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens

    @property
    def choices(self) -> int:
        """Number of solves."""
        return self.n or 1

    @property
    def sampling(self) -> dict[str, float]:
        """The sampling parameters that are given."""
        names: tuple[Literal["temperature", "top_p", "top_k", "presence_penalty"], ...]
        names = ("temperature", "top_p", "top_k", "presence_penalty")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


UNSUPPORTED = tuple(one.name for one in msgspec.structs.fields(ChatRequest) if one.type == Unsupported)
DROPPED = tuple(one.name for one in msgspec.structs.fields(ChatRequest) if one.type == Dropped)
_ONES = ("best_of", "length_penalty", "repetition_penalty", "typical_p")  #: what asks for nothing with a 1
