"""One message of a conversation, in the format of OpenAI's chat completions."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

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
