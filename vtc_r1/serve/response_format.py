"""`response_format` and `text.format`: the form of the answer."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, UnsetType

from vtc_r1.answer_form import AnswerForm
from vtc_r1.serve.message import Field, Given
from vtc_r1.serve.refusal import Refusal, invalid, of_validation

_MOST_BYTES = 100_000


class Schema(Field, frozen=True, kw_only=True):
    """A JSON schema with its name; the rest is the model server's business."""

    schema: dict[str, Any]
    name: Annotated[str, Meta(max_length=64)] = "answer"
    description: str | None = None
    strict: bool | None = None


class ResponseFormat(Field, frozen=True):
    """The form in chat completions."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: Schema | None = None

    def __post_init__(self) -> None:
        if (self.type == "json_schema") != (self.json_schema is not None):
            raise ValueError("'json_schema' goes with the type 'json_schema', and only with it")


class TextFormat(Schema, frozen=True, kw_only=True):
    """The form in responses, whose schema stands beside its type."""

    type: Literal["text", "json_object", "json_schema"]
    schema: dict[str, Any] | None = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if (self.type == "json_schema") != (self.schema is not None):
            raise ValueError("'schema' goes with the type 'json_schema', and only with it")

    @property
    def in_chat(self) -> ResponseFormat:
        """The same in chat completions."""
        if self.schema is None:
            return ResponseFormat(type=self.type)
        schema = Schema(schema=self.schema, name=self.name, description=self.description, strict=self.strict)
        return ResponseFormat(type=self.type, json_schema=schema)


def answer_form(raw: Given, field: str = "response_format") -> AnswerForm | None:
    """Return the form that a request asks for, None for any text; raises Refusal."""
    if isinstance(raw, UnsetType):
        return None
    if memoryview(raw).nbytes > _MOST_BYTES:
        raise invalid(field, f"it has more than {_MOST_BYTES:,} bytes")
    kind = ResponseFormat if field == "response_format" else TextFormat
    try:
        given = msgspec.json.decode(raw, type=kind | None)
    except msgspec.ValidationError as error:
        raise of_validation(error, field) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(field, "it is not valid JSON, or nested too deeply") from error
    found = given.in_chat if isinstance(given, TextFormat) else given
    if found is None or found.type == "text":
        return None
    values = msgspec.to_builtins(found)
    values = {name: value for name, value in values.items() if value is not None}
    if found.json_schema is not None:
        values["json_schema"] = {k: v for k, v in values["json_schema"].items() if v is not None}
    return AnswerForm(values)


def cannot_constrain(field: str) -> Refusal:
    """Return the refusal of a form by a server whose model cannot be constrained."""
    reason = (
        "this server's model cannot be constrained to JSON; ask for JSON in the question, or leave it out"
    )
    return invalid(field, reason, "unsupported_value")
