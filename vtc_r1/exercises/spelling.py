"""Spelling: a question as a person writes it → lower case, without blanks and question mark."""

import re

_SPELLINGS = str.maketrans({"×": "*", "·": "*", "−": "-", "\N{EN DASH}": "-", "÷": "/"})
_LONGEST = 200


def plain(question: str) -> str | None:
    """Return `question` so, with ASCII operators; None where it is too long or has numbers side by side."""
    text = question.translate(_SPELLINGS).lower().strip().removesuffix("?").rstrip()
    if len(text) > _LONGEST or re.search(r"\d\s+\d", text):
        return None
    return re.sub(r"\s+", "", text)
