"""The body of a chat completion request: fields that count, are ignored or are refused; its messages."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    model_validator,
)
from pydantic import Field as Bounds

from vtc_r1.serve.refusal import Refusal

_TOOLS = ("tool", "function")


class Field(BaseModel):
    """Base of the parts of a request: strict, without unknown fields or conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ImageUrl(Field):
    """The URL of an image, as a rule a `data:` URI; `detail` is ignored."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class Part(Field):
    """A text, or an image."""

    type: Literal["text", "image_url"]
    text: str | None = None
    image_url: ImageUrl | None = None

    @model_validator(mode="after")
    def _holds_its_kind(self) -> "Part":
        other = "text" if self.type == "image_url" else "image_url"
        if getattr(self, self.type) is None:
            raise ValueError(f"a part of type '{self.type}' needs '{self.type}'")
        if getattr(self, other) is not None:
            raise ValueError(f"a part of type '{self.type}' must not have '{other}'")
        return self


def _parts(content: Any) -> Any:
    """Turn a plain string into one part of text, and None into no parts."""
    if content is None:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class Message(Field):
    """A message; `name`, `refusal` and `reasoning_content` are ignored."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[list[Part], BeforeValidator(_parts)] = []
    name: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    audio: None = None
    function_call: None = None
    tool_calls: Annotated[list[Any] | None, "must be empty"] = None
    annotations: list[Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_tools(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        role = values.get("role")
        if isinstance(role, str) and role in _TOOLS:
            raise ValueError(f"role '{role}': this model calls no tools")
        if values.get("tool_calls"):
            raise ValueError("'tool_calls': this model calls no tools")
        return values

    @property
    def text(self) -> str:
        """Its texts, joined by newlines."""
        return "\n".join(part.text for part in self.content if part.text is not None)

    def images(self, place: str) -> list[tuple[str, str]]:
        """Return place in the body and URL of its images; raises Refusal."""
        found = []
        for at, part in enumerate(self.content):
            if part.image_url is None:
                continue
            where = f"{place}.content[{at}].image_url.url"
            if self.role != "user":
                raise Refusal(
                    400, f"Invalid '{where}': only user messages may contain images.", param=where,
                    code="invalid_value",
                )  # fmt: skip
            found.append((where, part.image_url.url))
        return found


MOST_CHOICES = 16
MOST_STOPS = 16
LARGEST_SEED = 2**63 - 1 - MOST_CHOICES


def _neutral(value: Any) -> Any:
    """Accept an unsupported field as long as its value asks for nothing."""
    if value in (None, False, 0, "none", "auto") or value in ([], {}, ["text"], {"type": "text"}):
        return value
    raise ValueError("is not supported by this model; leave it out")


def _invalid(field: str, reason: str) -> Refusal:
    return Refusal(400, f"Invalid '{field}': {reason}.", param=field, code="invalid_value")


def _listed(stop: Any) -> Any:
    return [stop] if isinstance(stop, str) else stop


Unsupported = Annotated[Any, AfterValidator(_neutral)]
Ignored = Any
Stop = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class StreamOptions(Field):
    """Options of a streamed response."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatRequest(Field):
    """The body of a request.

    `max_tokens` is the budget of the whole solve. `stop` ends the answer, not the reasoning.
    """

    model: str
    messages: Annotated[list[Message], Bounds(min_length=1, max_length=2_000)]
    max_tokens: Annotated[int, Bounds(ge=2, le=10_000_000)] | None = None
    max_completion_tokens: Annotated[int, Bounds(ge=2, le=10_000_000)] | None = None
    n: Annotated[int, Bounds(ge=1, le=MOST_CHOICES)] | None = None
    stop: Annotated[list[Stop], Bounds(max_length=MOST_STOPS), BeforeValidator(_listed)] | None = None
    temperature: Annotated[float, Bounds(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Bounds(gt=0, le=1, allow_inf_nan=False)] | None = None
    top_k: Annotated[int, Bounds(ge=-1, le=1_000_000)] | None = None
    presence_penalty: Annotated[float, Bounds(ge=-2, le=2, allow_inf_nan=False)] | None = None
    seed: Annotated[int, Bounds(ge=0, le=LARGEST_SEED)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    metadata: Ignored = None
    parallel_tool_calls: Ignored = None
    prediction: Ignored = None
    prompt_cache_key: Ignored = None
    prompt_cache_retention: Ignored = None
    reasoning_effort: Ignored = None
    safety_identifier: Ignored = None
    service_tier: Ignored = None
    store: Ignored = None
    user: Ignored = None
    verbosity: Ignored = None

    audio: Unsupported = None
    frequency_penalty: Unsupported = None
    function_call: Unsupported = None
    functions: Unsupported = None
    logit_bias: Unsupported = None
    logprobs: Unsupported = None
    modalities: Unsupported = None
    response_format: Unsupported = None
    tool_choice: Unsupported = None
    tools: Unsupported = None
    top_logprobs: Unsupported = None
    web_search_options: Unsupported = None

    @model_validator(mode="after")
    def _one_budget(self) -> "ChatRequest":
        if self.max_tokens is not None and self.max_completion_tokens is not None:
            raise _invalid("max_tokens", "cannot be combined with 'max_completion_tokens'; give one of them")
        if self.stream_options is not None and not self.stream:
            raise _invalid("stream_options", "requires 'stream': true")
        return self

    @property
    def budget(self) -> int | None:
        """Limit of generated tokens of the whole solve."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens

    @property
    def choices(self) -> int:
        """Number of solves."""
        return self.n or 1

    @property
    def sampling(self) -> dict[str, Any]:
        """The sampling parameters that are given."""
        names: tuple[Literal["temperature", "top_p", "top_k", "presence_penalty"], ...]
        names = ("temperature", "top_p", "top_k", "presence_penalty")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)
