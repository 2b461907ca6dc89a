"""JSON inside a page or a script: nothing in it ends the element, string or line that it stands in."""

import json
from typing import Any

_ESCAPED = (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def script_json(value: Any) -> str:
    """Write `value` as JSON for `<script type="application/json">` and for a JavaScript file alike.

    JSON holds the characters escaped here in strings only. A lone surrogate, which no file can hold,
    becomes `?`.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _ESCAPED:
        text = text.replace(character, escape)
    return text.encode("utf-8", "replace").decode()
