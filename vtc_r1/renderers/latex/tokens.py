"""LaTeX source to tokens."""

import re

_PARTS = (
    r"[^\s\\0-9.,]"
    r"|\\(?:begin|end)\s*\{[a-zA-Z]+\*?\}"  # begin and end of an environment, as one token
    r"|\\[a-zA-Z]+"
    r"|\\[^a-zA-Z]"
    r"|[0-9]+(?:\.[0-9]+)*|\.[0-9]+"
    r"|(?<=[0-9]),\s+(?=[0-9]{3}(?![0-9]))"  # but "100, 200" is two numbers
    r"|\n[ \t]*\n\s*"
    r"|\S"
)
_LETTER = r"[^\W\d_]"
_BLANK = (
    rf"(?<={_LETTER}{{2}})\s+(?={_LETTER}|[0-9])|(?<={_LETTER})\s+(?={_LETTER}{{2}})"
    rf"|(?<=[0-9])\s+(?={_LETTER}{{2}})|(?<={_LETTER}{{2}})[,;:.!?]\s+(?={_LETTER}{{2}})"
)
_TOKEN = re.compile(_PARTS)
_TOKEN_OR_BLANK = re.compile(rf"{_BLANK}|{_PARTS}")
_WORD_BLANK = (
    rf"(?<![\\A-Za-z])(?:{_LETTER}{{2,}}[,;:.!?]?\s+(?:{_LETTER}|[0-9])|(?:{_LETTER}|[0-9])\s+{_LETTER}{{2}})"
)
_WORD = re.compile(_WORD_BLANK)
_ASCII_WORD = re.compile(_WORD_BLANK.replace(_LETTER, "[A-Za-z]"))

END = ""  #: the token after the last; no source gives an empty one


def tokenise(source: str) -> list[str]:
    """Tokens closed with `END`, without blanks, except those next to words and blank lines."""
    if (_ASCII_WORD if source.isascii() else _WORD).search(source):
        tokens: list[str] = []
        for token in _TOKEN_OR_BLANK.findall(source):
            if not (token.isspace() and tokens and _ends_name(tokens[-1], token)):
                tokens.append(token)
    else:
        tokens = _TOKEN.findall(source)
    tokens.append(END)
    return tokens


def is_blank_line(token: str) -> bool:
    """Whether a token is a blank line, which ends a paragraph."""
    return token[:1].isspace() and token.count("\n") > 1


def _ends_name(token: str, blank: str) -> bool:
    """Whether the blank after a token only ends the name of a command."""
    return token[0] == "\\" and token[-1].isalpha() and not is_blank_line(blank)
