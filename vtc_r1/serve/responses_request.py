"""The body of a request for a response: OpenAI's newer interface, read as a chat completion."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw

from vtc_r1.answer_form import AnswerForm
from vtc_r1.serve.chat_request import (
    MOST_MESSAGES,
    ChatRequest,
    Dropped,
    Extension,
    Ignored,
    StreamOptions,
    Temperature,
    Tokens,
    TopP,
    Unsupported,
    check_parts,
    named,
)
from vtc_r1.serve.message import ABSENT, Field, Given, ImageUrl, Message, Part, is_neutral
from vtc_r1.serve.refusal import invalid
from vtc_r1.serve.response_format import answer_form

_TEXTS = ("input_text", "output_text", "text")


class InputPart(Field, frozen=True, kw_only=True):
    """A text, an image, or what an earlier answer was refused with."""

    type: Literal["input_text", "output_text", "text", "input_image", "refusal"]
    text: str | None = None
    image_url: str | None = None
    refusal: str | None = None
    detail: Ignored = ABSENT
    file_id: Ignored = ABSENT
    annotations: Ignored = ABSENT
    logprobs: Ignored = ABSENT
    prompt_cache_breakpoint: Ignored = ABSENT

    def __post_init__(self) -> None:
        if self.type in _TEXTS and self.text is None:
            raise ValueError(f"a part of type '{self.type}' needs 'text'")
        if self.type == "input_image" and self.image_url is None:
            raise ValueError("a part of type 'input_image' needs 'image_url'; files are not stored here")

    @property
    def in_chat(self) -> Part:
        """The same in chat completions."""
        if self.type == "input_image" and self.image_url is not None:
            return Part(type="image_url", image_url=ImageUrl(url=self.image_url))
        return Part(type="text", text=self.text or self.refusal or "")


class InputItem(Field, frozen=True, kw_only=True):
    """A message, or the reasoning of an earlier answer, which is left out."""

    type: Literal["message", "reasoning"] = "message"
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: str | list[InputPart] | None = None
    id: Ignored = ABSENT
    status: Ignored = ABSENT
    summary: Ignored = ABSENT
    encrypted_content: Ignored = ABSENT
    phase: Ignored = ABSENT

    def __post_init__(self) -> None:
        if self.type == "message" and self.role is None:
            raise ValueError("a message needs a 'role'")

    @property
    def in_chat(self) -> Message:
        """The same in chat completions; reasoning is a message without text."""
        if self.role is None or self.type != "message":
            return Message(role="assistant", content="")
        if self.content is None or isinstance(self.content, str):
            return Message(role=self.role, content=self.content)
        return Message(role=self.role, content=[part.in_chat for part in self.content])


class Text(Field, frozen=True, kw_only=True):
    """Form of the answer; `verbosity` is ignored."""

    format: Given = ABSENT
    verbosity: Ignored = ABSENT


class Reasoning(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the reasoning; other fields are ignored."""

    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None


class ResponsesRequest(Field, frozen=True, kw_only=True):
    """The body of a request; nothing is stored, so each request holds the whole conversation."""

    model: str
    input: Annotated[list[InputItem], Meta(min_length=1, max_length=MOST_MESSAGES)] | str
    instructions: str | None = None
    max_output_tokens: Tokens | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    text: Text | None = None
    reasoning: Reasoning | None = None
    vtc: Extension = Extension()

    context_management: Ignored = ABSENT
    include: Ignored = ABSENT
    max_tool_calls: Ignored = ABSENT
    metadata: Ignored = ABSENT
    parallel_tool_calls: Ignored = ABSENT
    prompt_cache_key: Ignored = ABSENT
    prompt_cache_options: Ignored = ABSENT
    prompt_cache_retention: Ignored = ABSENT
    safety_identifier: Ignored = ABSENT
    service_tier: Ignored = ABSENT
    store: Ignored = ABSENT
    truncation: Ignored = ABSENT
    user: Ignored = ABSENT

    background: Unsupported = ABSENT
    conversation: Unsupported = ABSENT
    frequency_penalty: Unsupported = ABSENT
    moderation: Unsupported = ABSENT
    presence_penalty: Unsupported = ABSENT
    previous_response_id: Unsupported = ABSENT
    prompt: Unsupported = ABSENT
    tool_choice: Unsupported = ABSENT
    top_logprobs: Unsupported = ABSENT

    tools: Dropped = ABSENT

    def __post_init__(self) -> None:
        for name in UNSUPPORTED:
            if not is_neutral(getattr(self, name)):
                more = "; send the whole conversation as 'input'" if name in _STORED else "; leave it out"
                raise invalid(name, f"is not supported by this server{more}")
        check_parts([] if isinstance(self.input, str) else [item.content for item in self.input], "input")

    @property
    def chat(self) -> ChatRequest:
        """The same as a chat completion, without `instructions`, which are system text. Raises Refusal."""
        if isinstance(self.input, str):
            messages = [Message(role="user", content=self.input)]
        else:
            messages = [item.in_chat for item in self.input]
        effort = msgspec.json.encode(self.reasoning.effort if self.reasoning else None)
        return ChatRequest(
            model=self.model,
            messages=messages,
            max_completion_tokens=self.max_output_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            reasoning_effort=Raw(effort),
            vtc=self.vtc,
        )

    @property
    def form(self) -> AnswerForm | None:
        """The form of the answer; raises Refusal."""
        return None if self.text is None else answer_form(self.text.format, "text.format")

    @property
    def has_summary(self) -> bool:
        """Whether the reasoning is asked for as a summary."""
        asked = self.reasoning and (self.reasoning.summary or self.reasoning.generate_summary)
        return bool(asked) and asked != "none"

    @property
    def dropped(self) -> tuple[str, ...]:
        """Names of the fields that are ignored although they ask for something."""
        return () if is_neutral(self.tools) else ("tools",)

    @property
    def echoed(self) -> dict[str, Any]:
        """The fields that a response repeats."""
        return {
            "instructions": self.instructions,
            "max_output_tokens": self.max_output_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "reasoning": {"effort": self.reasoning.effort if self.reasoning else None, "summary": None},
        }


UNSUPPORTED = named(ResponsesRequest, Unsupported)
_STORED = ("previous_response_id", "conversation", "prompt")
