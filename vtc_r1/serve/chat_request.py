"""The bodies of requests for completions: fields that count, are ignored or are refused."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from vtc_r1.answer_form import AnswerForm
from vtc_r1.serve.message import ABSENT, Field, Given, Message, is_neutral
from vtc_r1.serve.refusal import invalid
from vtc_r1.serve.response_format import answer_form

MOST_CHOICES = 16
MOST_STOPS = 16
MOST_MESSAGES = 2_000
MOST_PARTS = 4_000  #: limit of parts, over all messages
LARGEST_SEED = 2**63 - 1 - MOST_CHOICES

Unsupported = Annotated[
    Given,
    Meta(
        description="refused unless it asks for nothing",
        extra_json_schema={"enum": [None, False, 0, 1, [], {}, "none", "auto", ["text"], {"type": "text"}]},
    ),
]
Dropped = Annotated[Given, Meta(description="ignored, and the response says so")]
Ignored = Given
Stop = Annotated[str, Meta(min_length=1, max_length=1_000)]
Tokens = Annotated[int, Meta(ge=1, le=10_000_000)]
Temperature = Annotated[float, Meta(ge=0, le=2)]
TopP = Annotated[float, Meta(gt=0, le=1)]


class StreamOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a streamed response; others are ignored."""

    include_usage: bool | None = None


class Extension(Field, frozen=True):
    """What OpenAI's interface has no field for: how this request is solved."""

    memory: Annotated[str, Meta(max_length=200)] | None = None
    max_iterations: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    segment_tokens: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    direct: bool | None = None

    @property
    def budget(self) -> dict[str, int]:
        """The limits that are given, by the names of `Budget`."""
        given = {"iterations": self.max_iterations, "segment_tokens": self.segment_tokens}
        return {name: value for name, value in given.items() if value is not None}


class Generation(Field, frozen=True, kw_only=True):
    """What a request has besides its question.

    `max_tokens` is the budget of the whole solve. `stop` ends the answer, not the reasoning.
    """

    model: str
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    n: Annotated[int, Meta(ge=1, le=MOST_CHOICES)] | None = None
    stop: Annotated[list[Stop], Meta(max_length=MOST_STOPS)] | Stop | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    top_k: Annotated[int, Meta(ge=-1, le=1_000_000)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    seed: Annotated[int, Meta(ge=0, le=LARGEST_SEED)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    response_format: Given = ABSENT
    vtc: Extension = Extension()

    metadata: Ignored = ABSENT
    parallel_tool_calls: Ignored = ABSENT
    prediction: Ignored = ABSENT
    prompt_cache_key: Ignored = ABSENT
    prompt_cache_retention: Ignored = ABSENT
    reasoning_effort: Ignored = ABSENT
    safety_identifier: Ignored = ABSENT
    service_tier: Ignored = ABSENT
    store: Ignored = ABSENT
    user: Ignored = ABSENT
    verbosity: Ignored = ABSENT

    audio: Unsupported = ABSENT
    frequency_penalty: Unsupported = ABSENT
    function_call: Unsupported = ABSENT
    logit_bias: Unsupported = ABSENT
    logprobs: Unsupported = ABSENT
    modalities: Unsupported = ABSENT
    tool_choice: Unsupported = ABSENT
    top_logprobs: Unsupported = ABSENT
    web_search_options: Unsupported = ABSENT

    best_of: Unsupported = ABSENT
    length_penalty: Unsupported = ABSENT
    min_p: Unsupported = ABSENT
    min_tokens: Unsupported = ABSENT
    repetition_penalty: Unsupported = ABSENT
    typical_p: Unsupported = ABSENT

    early_stopping: Unsupported = ABSENT
    echo: Unsupported = ABSENT
    ebnf: Unsupported = ABSENT
    guided_choice: Unsupported = ABSENT
    guided_grammar: Unsupported = ABSENT
    guided_json: Unsupported = ABSENT
    guided_regex: Unsupported = ABSENT
    json_schema: Unsupported = ABSENT
    mirostat: Unsupported = ABSENT
    no_repeat_ngram_size: Unsupported = ABSENT
    prompt_logprobs: Unsupported = ABSENT
    regex: Unsupported = ABSENT
    repeat_penalty: Unsupported = ABSENT
    return_logprob: Unsupported = ABSENT
    stop_token_ids: Unsupported = ABSENT
    structured_outputs: Unsupported = ABSENT
    suffix: Unsupported = ABSENT
    tfs: Unsupported = ABSENT
    top_a: Unsupported = ABSENT
    use_beam_search: Unsupported = ABSENT

    add_generation_prompt: Ignored = ABSENT
    add_special_tokens: Ignored = ABSENT
    cache_salt: Ignored = ABSENT
    include_reasoning: Ignored = ABSENT
    priority: Ignored = ABSENT
    request_id: Ignored = ABSENT
    rid: Ignored = ABSENT
    separate_reasoning: Ignored = ABSENT
    skip_special_tokens: Ignored = ABSENT
    spaces_between_special_tokens: Ignored = ABSENT
    stream_reasoning: Ignored = ABSENT

    chat_template_kwargs: Dropped = ABSENT
    functions: Dropped = ABSENT
    ignore_eos: Dropped = ABSENT
    keep_alive: Dropped = ABSENT
    lora_path: Dropped = ABSENT
    reasoning: Dropped = ABSENT
    thinking: Dropped = ABSENT
    tools: Dropped = ABSENT

    def __post_init__(self) -> None:
        for name in UNSUPPORTED:
            if not is_neutral(getattr(self, name), 1 if name in _ONES else 0):
                raise invalid(name, "is not supported by this model; leave it out")
        if None not in (limits := {self.max_tokens, self.max_completion_tokens}) and len(limits) > 1:
            raise invalid("max_tokens", "contradicts 'max_completion_tokens'; give one of them")
        if self.stream_options is not None and not self.stream:
            raise invalid("stream_options", "requires 'stream': true")

    @property
    def form(self) -> AnswerForm | None:
        """The form of the answer; raises Refusal."""
        return answer_form(self.response_format)

    @property
    def is_direct(self) -> bool:
        """Whether one segment is to answer, without the loop."""
        effort = self.reasoning_effort
        is_asked = isinstance(effort, Raw) and bytes(effort) == b'"none"'
        return is_asked if self.vtc.direct is None else self.vtc.direct

    @property
    def dropped(self) -> tuple[str, ...]:
        """Names of the fields that are ignored although they ask for something."""
        return tuple(name for name in DROPPED if not is_neutral(getattr(self, name)))

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
        names = ("temperature", "top_p", "top_k", "presence_penalty")
        given: dict[str, float] = {
            name: value for name in names if (value := getattr(self, name)) is not None
        }
        return {**given, "top_k": -1} if given.get("top_k") == 0 else given  # 0 is "off" to many clients

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


class ChatRequest(Generation, frozen=True, kw_only=True):
    """The body of a request for a chat completion."""

    messages: Annotated[list[Message], Meta(min_length=1, max_length=MOST_MESSAGES)]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_parts([message.content for message in self.messages], "messages")


class TextRequest(Generation, frozen=True, kw_only=True):
    """The body of a request for a completion; its prompt is a question."""

    prompt: Annotated[list[str], Meta(min_length=1, max_length=1)] | str

    @property
    def messages(self) -> list[Message]:
        """The prompt as a conversation."""
        return [Message(role="user", content=self.prompt if isinstance(self.prompt, str) else self.prompt[0])]


Asking = ChatRequest | TextRequest


def check_parts(contents: Sequence[object], field: str) -> None:
    """Raise Refusal if messages have too many parts in total."""
    if sum(len(content) for content in contents if isinstance(content, list)) > MOST_PARTS:
        raise invalid(field, f"they have more than {MOST_PARTS:,} parts", "array_above_max_length")


def named(kind: type[Field], type_: object) -> tuple[str, ...]:
    """Return the names of the fields of a type."""
    return tuple(one.name for one in msgspec.structs.fields(kind) if one.type == type_)


UNSUPPORTED, DROPPED = named(Generation, Unsupported), named(Generation, Dropped)
_ONES = (
    "best_of",
    "length_penalty",
    "repeat_penalty",
    "repetition_penalty",
    "tfs",
    "typical_p",
)  #: fields that ask for nothing when they are 1
