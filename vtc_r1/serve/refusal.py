"""Refused requests, in the format of OpenAI's errors."""

import re
from typing import Any

import msgspec

from vtc_r1.errors import VtcError

_LONGEST = 400
_CLOSE = {"Connection": "close"}
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`", re.DOTALL)
_CODES = (
    (re.compile("Expected `str` of length <="), "string_above_max_length"),
    (re.compile("Expected `array` of length <="), "array_above_max_length"),
    (re.compile("Expected `.*`, got `.*`"), "invalid_type"),
)
"""msgspec's errors by their text, which alone tells them apart, with OpenAI's codes for them."""


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


def invalid(param: str, reason: str, code: str = "invalid_value") -> Refusal:
    """Return the refusal of a field."""
    return Refusal(400, f"Invalid '{param}': {reason}.", param=param, code=code)


def of_validation(error: msgspec.ValidationError, field: str = "") -> Refusal:
    """Return the refusal of a request body, or of one of its fields, for an error in it."""
    what, _, place = str(error).rpartition(" - at `$")
    what, place = (what, place.removesuffix("`")) if what else (place, "")
    place = f"{field}{place}"
    if found := _FIELD.fullmatch(what):
        param = _shown(f"{place}.{found[2]}")
        if found[1] == "contains unknown":
            return Refusal(400, f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")
        message = f"Missing required parameter: '{param}'."
        return Refusal(400, message, param=param, code="missing_required_parameter")
    code = next((code for kind, code in _CODES if kind.match(what)), "invalid_value")
    if not place:
        return Refusal(400, f"The body is invalid: {what}.", code=code)
    param = _shown(place)
    return Refusal(400, f"Invalid '{param}': {what}.", param=param, code=code)


def too_large(most: int, of: str = "") -> Refusal:
    """Return the refusal of a body with more than `most` bytes."""
    return Refusal(413, f"The body is over {most:,} bytes{of}.", code="request_too_large", headers=_CLOSE)


def _shown(place: str) -> str:
    """Return a place in the body as OpenAI writes it: `messages[0].content`."""
    shown = place.removeprefix(".")
    return shown if len(shown) <= 100 else shown[:99] + "…"
