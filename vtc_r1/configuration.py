"""Configuration: everything that determines a solve, in one record.

A field with a `Setting` is declared only here. The flag `--NAME`, the variable `VTC_NAME`, the key
`NAME` of `vtc.toml` and their help are generated from it, and traces, runs and data sets record it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, NamedTuple, TypedDict, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from vtc_r1.errors import UsageError

MODEL, LOOP, PAGES = "Model", "Loop", "Pages and prompts"
"""Panels of a command's help."""


@dataclass(frozen=True)
class Setting:
    """How a user sets a field; the field's description says what it does.

    Attributes:
        panel: the panel of the help that lists the flag.
        name: name of the setting, if it differs from the field's.
        metavar: placeholder of the flag's value, if its type does not give one.
        completes: the names that shell completion proposes, an attribute of `cli/completion.py`.
    """

    panel: str
    name: str | None = None
    metavar: str | None = None
    completes: str | None = None


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


EncodableText = Annotated[str, AfterValidator(_encodable)]
"""Text from outside; a lone surrogate, which no JSON file can hold, becomes `?`."""


VERIFY = ("off", "mark", "mend")
"""Handling of values that a segment quotes from its pages: ignore, look up, or look up and correct."""


def _verifies(name: str) -> str:
    if name not in VERIFY:
        raise ValueError(f"expected one of {', '.join(VERIFY)}")
    return name


class Record(BaseModel):
    """Base of every record: immutable, and strict about its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Sampling(Record):
    """Sampling parameters, sent with every request; None is not sent, so that the server's own applies."""

    temperature: Annotated[float | None, Setting(MODEL)] = Field(
        default=0.0, ge=0, le=5, description="Sampling temperature, 0 is greedy; the preset's by default."
    )
    top_p: Annotated[float | None, Setting(MODEL)] = Field(
        default=1.0, gt=0, le=1, description="Nucleus sampling: total probability of the tokens kept."
    )
    top_k: Annotated[int | None, Setting(MODEL)] = Field(
        default=-1, ge=-1, description="Number of tokens kept; -1 means no limit."
    )
    presence_penalty: Annotated[float | None, Setting(MODEL)] = Field(
        default=0.0, ge=-2, le=2, description="Penalty for tokens that have occurred already."
    )
    seed: Annotated[int | None, Setting(MODEL)] = Field(
        default=None,
        description="Seed of the sampler; where sampling is random, one is drawn and recorded.",
    )

    @classmethod
    def servers_own(cls) -> "Sampling":
        """Return parameters that leave everything to the server."""
        return cls(temperature=None, top_p=None, top_k=None, presence_penalty=None)


class Budget(Record):
    """The limits of a solve; None means no limit."""

    iterations: Annotated[int, Setting(LOOP, "max_iterations")] = Field(
        default=8,
        ge=1,
        le=10**9,
        description="Iteration limit; one more segment may follow, to force the answer.",
    )
    segment_tokens: Annotated[int, Setting(LOOP)] = Field(
        default=8192, ge=1, le=10**9, description="Token limit per segment."
    )
    tokens: Annotated[int | None, Setting(LOOP, "max_tokens")] = Field(
        default=None, ge=1, le=10**9, description="Limit of generated tokens per solve."
    )
    seconds: Annotated[float | None, Setting(LOOP, "max_seconds")] = Field(
        default=None, gt=0, allow_inf_nan=False, description="Time limit per solve, in seconds."
    )
    segment_seconds: Annotated[float | None, Setting(LOOP)] = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Time limit of one attempt at a segment, in seconds; then it is tried again.",
    )
    memory_tokens: Annotated[int | None, Setting(LOOP)] = Field(
        default=None, ge=1, le=10**9, description="Token limit of the memory in a prompt, under every policy."
    )


class Limits(TypedDict, total=False):
    """The budget as arguments of `Solver`; None leaves a limit to the preset."""

    max_iterations: int | None
    segment_tokens: int | None
    max_tokens: int | None
    max_seconds: float | None
    segment_seconds: float | None
    memory_tokens: int | None


class Named(Record):
    """Something chosen by name whose content affects the result, with a hash of that content."""

    name: EncodableText
    sha256: str


class ModelRecord(Record):
    """The model, and how it was reached."""

    name: EncodableText
    revision: EncodableText | None = None
    backend: EncodableText
    preset: str


class Configuration(Record):
    """Everything that determines a solve: with equal ones, two solves of a question differ only by chance."""

    model: ModelRecord
    memory: Annotated[str, Setting(LOOP, completes="memory")] = Field(
        default="optical",
        description="optical, text, hybrid, decay, facts, auto, reread, summary, tail, delethink, blank, "
        "forget or single; with options, decay:after=2,budget=2000.",
    )
    segment_end: Annotated[str, Setting(LOOP, completes="segment_end")] = Field(
        default="limit", description="Where a segment ends: limit, boundary, own or streamed."
    )
    density: Annotated[str, Setting(PAGES, completes="density")] = Field(
        default="fixed", description="Type size of each segment: fixed, content, fit, safe or salience."
    )
    legibility: Annotated[Named | None, Setting(LOOP, metavar="PATH")] = Field(
        default=None,
        description="What probe stored, or a safe type size: for --density safe or fit, and --memory auto.",
    )
    canary: Annotated[bool, Setting(LOOP)] = Field(
        default=False,
        description="Write a code on every page, which the model repeats; what it misreads is shown larger.",
    )
    verify: Annotated[str, AfterValidator(_verifies), Setting(LOOP, completes="verify")] = Field(
        default="mark",
        description="Look up values quoted from pages: off, mark, or mend, which also corrects them.",
    )
    prompts: Annotated[Named, Setting(PAGES, completes="prompts")] = Field(
        description="Prompt set: vtc, boxed, nano, plain, or a folder."
    )
    profile: Annotated[Named, Setting(PAGES, completes="profile")] = Field(
        description="How pages look: a shipped profile, a .toml file or Glyph's .json."
    )
    sampling: Sampling
    budget: Budget

    @property
    def configuration(self) -> "Configuration":
        """The configuration part of a larger record."""
        return Configuration(**{name: getattr(self, name) for name in Configuration.model_fields})

    def agreeing_with(self, other: "Configuration") -> "Configuration":
        """Return this configuration with the other's seed and revision where either is missing."""
        model, sampling = self.model, self.sampling
        if not (model.revision and other.model.revision):
            model = model.model_copy(update={"revision": other.model.revision})
        if sampling.seed is None:
            sampling = sampling.model_copy(update={"seed": other.sampling.seed})
        return self.model_copy(update={"model": model, "sampling": sampling})


class Settable(NamedTuple):
    """A field that users set.

    Attributes:
        name: name of the setting.
        type: type of the value: a name or a path if the field holds a `Named`.
        default: default value; None leaves it to the preset.
        description: what it does.
        setting: how it is set.
    """

    name: str
    type: Any
    default: Any
    description: str
    setting: Setting


def settable(*records: type[Record]) -> Iterator[tuple[str, Settable]]:
    """Yield the user-settable fields of records by name, in the order of the help."""
    for record in records or (Configuration, Sampling, Budget):
        for name, field in record.model_fields.items():
            if (found := _settable(name, field)) is not None:
                yield name, found


def _settable(name: str, field: FieldInfo) -> Settable | None:
    setting = next((each for each in field.metadata if isinstance(each, Setting)), None)
    if setting is None:
        return None
    kind = next(each for each in get_args(field.annotation) or [field.annotation] if each is not NoneType)
    chosen = kind is str  # the preset decides numbers and hashed files
    return Settable(
        setting.name or name,
        str if kind is Named else kind,
        field.default if chosen else None,
        field.description or "",
        setting,
    )


R = TypeVar("R", bound=Record)


def checked(record: type[R], values: dict[str, Any]) -> R:
    """Create a record from parameters; raises UsageError naming an invalid setting."""
    try:
        return record(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        field = record.model_fields.get(name)
        made = None if field is None else _settable(name, field)
        raise UsageError(f"{made.name if made else name} = {first['input']!r}: {first['msg']}") from error
