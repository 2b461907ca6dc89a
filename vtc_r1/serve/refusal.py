"""A request that is refused, in the shape that OpenAI gives its errors."""

from typing import Any

from pydantic import ValidationError

from vtc_r1.errors import VtcError

_LONGEST = 400
_CODES = {
    "extra_forbidden": "unknown_parameter",
    "missing": "missing_required_parameter",
    "string_too_long": "string_above_max_length",
    "too_long": "array_above_max_length",
}


class Refusal(VtcError):
    """A 4xx or 5xx that names the field and says why.

    Attributes:
        status: HTTP status.
        param: field that is off, None where it is none in particular.
        code: what programs tell it by.
        kind: OpenAI's class of errors.
        headers: headers of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.param, self.code, self.kind = status, param, code, kind
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        message = " ".join(str(self).split())
        shown = message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"
        return {"error": {"message": shown, "type": self.kind, "param": self.param, "code": self.code}}


def of_validation(error: ValidationError) -> Refusal:
    """Return what the first thing that is off in a request's body is refused with."""
    first = error.errors(include_url=False, include_input=False)[0]
    param = _place(first["loc"])
    code = _CODES.get(first["type"], "invalid_type" if first["type"].endswith("_type") else "invalid_value")
    if code == "unknown_parameter":
        return Refusal(400, f"Unknown parameter: '{param}'.", param=param, code=code)
    if code == "missing_required_parameter":
        return Refusal(400, f"Missing required parameter: '{param}'.", param=param, code=code)
    if not param:
        return Refusal(400, f"The body is not usable: {first['msg']}.", code=code)
    reason = first["msg"].removeprefix("Value error, ")
    return Refusal(400, f"Invalid '{param}': {reason}.", param=param, code=code)


def _place(location: tuple[int | str, ...]) -> str:
    """Write a place in the body as OpenAI does: `messages[0].content`."""
    place = ""
    for part in location:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else part
    shown = place.encode("utf-8", "replace").decode()
    return shown if len(shown) <= 100 else shown[:99] + "…"
