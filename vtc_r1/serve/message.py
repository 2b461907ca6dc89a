"""One message of a conversation, as OpenAI's chat completions have it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from vtc_r1.serve.refusal import Refusal

_TOOLS = ("tool", "function")


class Field(BaseModel):
    """Base of everything in a request: nothing else is in it, and no value is taken for another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ImageUrl(Field):
    """Where an image lies: a `data:` URI; `detail` changes nothing here."""

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
            raise ValueError(f"a part of type '{self.type}' has no '{other}'")
        return self


def _parts(content: Any) -> Any:
    """Take a plain string for one part of text, and nothing for no part."""
    if content is None:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class Message(Field):
    """A message; of `name`, `refusal` and `reasoning_content` nothing is made."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[list[Part], BeforeValidator(_parts)] = []
    name: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    audio: None = None
    function_call: None = None
    tool_calls: Annotated[list[Any] | None, "none may be in it"] = None
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
        """Its texts, a line each."""
        return "\n".join(part.text for part in self.content if part.text is not None)

    def images(self, place: str) -> list[tuple[str, str]]:
        """Return its images: where each stands in the body, and its address; raises Refusal."""
        found = []
        for at, part in enumerate(self.content):
            if part.image_url is None:
                continue
            where = f"{place}.content[{at}].image_url.url"
            if self.role != "user":
                raise Refusal(
                    400, f"Invalid '{where}': only user messages may hold images.", param=where,
                    code="invalid_value",
                )  # fmt: skip
            found.append((where, part.image_url.url))
        return found
