"""LaTeX source to tokens."""

import re

_TOKEN = re.compile(
    r"[^\s\\0-9.,]"
    r"|\\(?:begin|end)\s*\{[a-zA-Z]+\*?\}"  # an environment's ends, whole
    r"|\\[a-zA-Z]+"
    r"|\\[^a-zA-Z]"
    r"|[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
    r"|(?<=[0-9]),\s+(?=[0-9]{3}(?![0-9]))"  # "100, 200" is no thousand
    r"|\S",
)

END = ""
"""The token after the last; no source gives an empty one."""


def tokenise(source: str) -> list[str]:
    """Tokens without the blanks between them, closed with `END`."""
    tokens: list[str] = _TOKEN.findall(source)
    tokens.append(END)
    return tokens
