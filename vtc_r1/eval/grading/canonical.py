r"""An answer written in one way: `canonical`, and `key`, which two spellings of one answer share.

Undone are differences that carry no meaning: `\dfrac` for `\frac`, `\left(`, spaces, `\!`, `$…$`, a box or
bold type around all of it, a full stop behind it, Unicode signs, `\mbox` for `\text`.
"""

import re
from collections.abc import Callable

_UNICODE = str.maketrans(
    {
        **dict.fromkeys("−–—‐‑﹣－", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2009\u200a\u202f\u2007\t\n\r", " "),
        **dict.fromkeys("\u200b\u2060\ufeff\0", ""),
        **{"×": "\\cdot ", "·": "\\cdot ", "⋅": "\\cdot ", "÷": "/", "π": "\\pi ", "∞": "\\infty "},
        **{
            "≤": "\\le ",
            "≥": "\\ge ",
            "≠": "\\ne ",
            "∪": "\\cup ",
            "∈": "\\in ",
            "±": "\\pm ",
            "°": "^\\circ ",
        },
        **{"²": "^2", "³": "^3", "⁴": "^4", "½": "\\frac{1}{2}", "¼": "\\frac{1}{4}", "¾": "\\frac{3}{4}"},
        **{"θ": "\\theta ", "“": '"', "”": '"', "’": "'", "％": "%", "，": ",", "（": "(", "）": ")"},
    }
)
_SYNONYMS = {
    **dict.fromkeys(("dfrac", "tfrac", "cfrac"), "\\frac"),
    **dict.fromkeys(
        ("mbox", "textrm", "textbf", "textit", "textnormal", "mathrm", "mathbf", "hbox"), "\\text"
    ),
    **dict.fromkeys(("operatorname", "mathit", "mathsf", "texttt", "bf", "rm"), "\\text"),
    **dict.fromkeys(("leq", "leqslant", "leqq"), "\\le"),
    **dict.fromkeys(("geq", "geqslant", "geqq"), "\\ge"),
    **{"neq": "\\ne", "lt": "<", "gt": ">"},
    **dict.fromkeys(("times", "ast", "cdotp"), "\\cdot"),
    **{"lbrace": "\\{", "rbrace": "\\}", "lbrack": "[", "rbrack": "]"},
    **dict.fromkeys(("degree", "degrees"), "^\\circ"),
    **dict.fromkeys(("quad", "qquad", "thinspace", "space", "displaystyle", "textstyle", "limits"), " "),
    **dict.fromkeys(("left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr"), ""),
}
_COMMAND = re.compile(r"\\\\|\\([A-Za-z]+)|\\[,;: ]|\\!\s*|~")
_MATRIX = re.compile(r"(\\(?:begin|end)\s*)\{[bB]matrix\}")
_FRACTION = re.compile(r"\\frac\s*(?:(\d)\s*(\d)|(\d)\s*(?=\{)|(?=\{))")
_AFTER_FRACTION = re.compile(r"(\\frac\{[^{}]*\})\s*(\d)")
_ROOT = re.compile(r"\\sqrt\s*(\d|[A-Za-z](?![A-Za-z]))")
_UNICODE_ROOT = re.compile(r"√\s*(?:\((?P<in>[^()]*)\)|(?P<bare>\d+(?:\.\d+)?|[A-Za-z]))")
_DEGREES = re.compile(r"\^\s*\{\s*\\circ\s*\}")
_CONJUNCTION = re.compile(r",?\s*(?:\\text\s*\{\s*(?:and|or)\s*\}|(?<![A-Za-z\\{])(?:and|or)(?![A-Za-z}]))")
_ARRAY = re.compile(r"[(\[]\s*\\begin\s*\{array\}\s*\{[^{}]*\}(.*?)\\end\s*\{array\}\s*[)\]]")
_SPACES = re.compile(r"\s+")
_LETTER_AFTER = re.compile(r"(\\[A-Za-z]+) (?![A-Za-z])")
_TRAILING = re.compile(r"(?:\\[,;:! ]|(?<!\\)[.,;:]|\s)+$")
_UPRIGHT = re.compile(r"\\text\s*\{\s*([ie]|[\d.,/+-]+)\s*\}")
_POSITIVE_INFINITY = re.compile(r"([,(]\s*)\+\s*(?=\\infty)")
_WRAPPED = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"), ('"', '"'))


def canonical(answer: str) -> str:
    """Write `answer` in the one way."""
    text = answer.translate(_UNICODE)
    text = _UNICODE_ROOT.sub(lambda found: f"\\sqrt{{{found['in'] or found['bare'] or ''}}}", text)
    text = _settled(text, _unwrapped)
    text = text.replace("\\$", "").replace("$", "").replace("\\%", "%").replace("{,}", ",")
    text = _COMMAND.sub(_command, text)
    text = _ARRAY.sub(r"\\begin{pmatrix}\1\\end{pmatrix}", text)
    text = text.replace("<=", "\\le ").replace(">=", "\\ge ")
    text = _MATRIX.sub(r"\1{pmatrix}", _DEGREES.sub(r"^\\circ", text))
    text = _ROOT.sub(r"\\sqrt{\1}", _AFTER_FRACTION.sub(r"\1{\2}", _FRACTION.sub(_fraction, text)))
    text = _CONJUNCTION.sub(", ", text)
    text = _UPRIGHT.sub(r"\1", text)
    text = _POSITIVE_INFINITY.sub(r"\1", text)
    text = _SPACES.sub(" ", text).replace("*", "\\cdot ")
    return _settled(text, _unwrapped)


def key(canonical_text: str) -> str:
    """Return what two spellings of one answer share: the canonical text without its spaces."""
    return _LETTER_AFTER.sub(r"\1", canonical_text.replace("\\text{", "{")).replace(" ", "")


def _settled(text: str, change: Callable[[str], str], most: int = 8) -> str:
    for _ in range(most):
        changed = change(text)
        if changed == text:
            break
        text = changed
    return text


def _unwrapped(text: str) -> str:
    """Take off what stands around all of the text and means nothing."""
    text = _TRAILING.sub("", text.strip())
    for start, end in _WRAPPED:
        inside = text[len(start) : -len(end)]
        if (
            text.startswith(start)
            and text.endswith(end)
            and len(text) > len(start + end)
            and start not in inside
        ):
            return inside
    for start in ("\\boxed{", "\\fbox{", "{"):
        if text.startswith(start) and text.endswith("}") and _closes_last(text[len(start) - 1 :]):
            return text[len(start) : -1]
    return text


def _closes_last(text: str) -> bool:
    """Tell whether the brace that opens `text` is closed by its last character."""
    depth = 0
    for brace in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0 and brace[0] == "}":
            return brace.end() == len(text)
    return False


def _command(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[0] if found[0] == "\\\\" else "" if found[0].startswith("\\!") else " "
    synonym = _SYNONYMS.get(found[1])
    return found[0] if synonym is None else synonym


def _fraction(found: re.Match[str]) -> str:
    if found[1]:
        return f"\\frac{{{found[1]}}}{{{found[2]}}}"
    return f"\\frac{{{found[3]}}}" if found[3] else "\\frac"
