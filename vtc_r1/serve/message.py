"""The parts of requests: messages with their texts and images; fields that ask for nothing."""

from typing import Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from vtc_r1.serve.refusal import invalid

ABSENT = UNSET
Given = Raw | UnsetType  #: an unparsed value, or none
_TOOLS = ("tool", "function")
_LONGEST_NEUTRAL = 100


def is_neutral(raw: Given, neutral: float = 0) -> bool:
    """Tell whether the value of an unsupported field asks for nothing, as the number `neutral` does."""
    if isinstance(raw, UnsetType):
        return True
    if memoryview(raw).nbytes > _LONGEST_NEUTRAL:
        return False
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    if value is None or isinstance(value, bool):
        return not value
    return value in (neutral, "none", "auto") or value in ([], {}, ["text"], {"type": "text"})


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
    """A message; what clients send back of an earlier answer besides its text is ignored."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None
    name: Given = ABSENT
    refusal: Given = ABSENT
    reasoning_content: Given = ABSENT
    reasoning: Given = ABSENT
    reasoning_details: Given = ABSENT
    thinking_blocks: Given = ABSENT
    provider_specific_fields: Given = ABSENT
    id: Given = ABSENT
    annotations: Given = ABSENT
    audio: Given = ABSENT
    function_call: Given = ABSENT
    tool_calls: Given = ABSENT

    def __post_init__(self) -> None:
        if self.role in _TOOLS:
            raise ValueError(f"role '{self.role}': this model calls no tools")
        for name in ("audio", "function_call", "tool_calls"):
            if not is_neutral(getattr(self, name)):
                raise ValueError(f"'{name}': this model has no audio and calls no tools")

    @property
    def parts(self) -> list[Part]:
        """Its parts; a plain string is a single text part."""
        if isinstance(self.content, str):
            return [Part(type="text", text=self.content)]
        return self.content or []

    @property
    def text(self) -> str:
        """Its texts, joined by newlines."""
        return "\n".join(part.text for part in self.parts if part.text is not None)

    def images(self, place: str) -> list[tuple[str, str]]:
        """Return the place in the body and the URL of each of its images; raises Refusal."""
        found = []
        for at, part in enumerate(self.parts):
            if part.image_url is None:
                continue
            where = f"{place}.content[{at}].image_url"
            if place.startswith("messages"):  # chat completions wrap the URL in an object
                where += ".url"
            if self.role != "user":
                raise invalid(where, "only user messages may contain images")
            found.append((where, part.image_url.url))
        return found
