"""Refused requests, in the format of OpenAI's errors."""

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
        param: the invalid field, None if it is no single one.
        code: error code for programs.
        kind: OpenAI's error type.
        headers: headers of the response.
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
        """The JSON of the response."""
        message = " ".join(str(self).split())
        shown = message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"
        return {"error": {"message": shown, "type": self.kind, "param": self.param, "code": self.code}}


def of_validation(error: ValidationError) -> Refusal:
    """Return the refusal of a request body, for its first error."""
    first = error.errors(include_url=False, include_input=False)[0]
    param = _place(first["loc"])
    code = _CODES.get(first["type"], "invalid_type" if first["type"].endswith("_type") else "invalid_value")
    if code == "unknown_parameter":
        return Refusal(400, f"Unknown parameter: '{param}'.", param=param, code=code)
    if code == "missing_required_parameter":
        return Refusal(400, f"Missing required parameter: '{param}'.", param=param, code=code)
    if not param:
        return Refusal(400, f"The body is invalid: {first['msg']}.", code=code)
    reason = first["msg"].removeprefix("Value error, ")
    return Refusal(400, f"Invalid '{param}': {reason}.", param=param, code=code)


def _place(location: tuple[int | str, ...]) -> str:
    """Return a place in the body as OpenAI writes it: `messages[0].content`."""
    place = ""
    for part in location:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else part
    shown = place.encode("utf-8", "replace").decode()
    return shown if len(shown) <= 100 else shown[:99] + "…"
