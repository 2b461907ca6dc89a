"""JSON inside a page or a script: nothing in it ends the element, the string or the line that it stands in."""

import json
from typing import Any

_ESCAPED = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
        "\ufeff": "\\ufeff",
    }
)


def script_json(value: Any) -> str:
    """Write `value` as JSON for `<script type="application/json">` and for a JavaScript file alike.

    JSON holds `<`, `>`, `&` and the characters escaped here in strings only. A lone surrogate, which no file can
    hold, becomes `?`.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPED).encode("utf-8", "replace").decode()
