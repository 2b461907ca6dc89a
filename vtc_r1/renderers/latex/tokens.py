"""LaTeX source to tokens."""

import re

_TOKEN = re.compile(
    r"\\(?:begin|end)\s*\{[a-zA-Z]+\*?\}"  # an environment's ends, whole
    r"|\\[a-zA-Z]+"
    r"|\\[^a-zA-Z]"
    r"|[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
    r"|(?<=[0-9]),\s+(?=[0-9]{3}(?![0-9]))"  # "100, 200" is no thousand
    r"|\S",
)

END = ""
"""The token after the last; no source gives an empty one."""


def tokenise(source: str) -> tuple[list[str], list[int]]:
    """Tokens without the blanks between them, and where each starts; both close with `END`."""
    texts, starts = [], []
    for match in _TOKEN.finditer(source):
        text = match[0]
        texts.append(", " if text[0] == "," and len(text) > 1 else text)
        starts.append(match.start())
    return [*texts, END], [*starts, len(source)]
