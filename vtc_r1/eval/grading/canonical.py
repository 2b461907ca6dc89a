r"""The canonical form of an answer: `canonical`, and `key`, which is equal for two spellings of one answer.

Differences without meaning are removed: `\dfrac` for `\frac`, `\left(`, spaces, `\!`, `$…$`, a box or bold
type around the answer, a full stop after it, Unicode signs, plain text for LaTeX, `\mbox` for `\text`.
"""

import re
from collections.abc import Callable

from vtc_r1.eval.grading import plain

_FUNCTIONS = (
    *("sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"),
    *("log", "ln", "exp", "max", "min", "gcd", "lcm", "det"),
)
_SYNONYMS = {
    **dict.fromkeys(("dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "flatfrac"), "\\frac"),
    **dict.fromkeys(("dbinom", "tbinom"), "\\binom"),
    **dict.fromkeys(
        ("mbox", "textrm", "textbf", "textit", "textnormal", "textsf", "texttt", "mathrm", "mathbf"), "\\text"
    ),
    **dict.fromkeys(("operatorname", "mathit", "mathsf", "mathtt", "hbox", "emph", "textup"), "\\text"),
    **dict.fromkeys(("leq", "leqslant", "leqq"), "\\le"),
    **dict.fromkeys(("geq", "geqslant", "geqq"), "\\ge"),
    **{"neq": "\\ne", "lt": "<", "gt": ">", "varnothing": "\\emptyset", "colon": ":"},
    **dict.fromkeys(("times", "ast", "cdotp"), "\\cdot"),
    **{"lbrace": "\\{", "rbrace": "\\}", "lbrack": "[", "rbrack": "]", "langle": "(", "rangle": ")"},
    **dict.fromkeys(("mid", "vert", "lvert", "rvert"), "|"),
    **{"R": "\\mathbb{R}", "Z": "\\mathbb{Z}", "N": "\\mathbb{N}", "Q": "\\mathbb{Q}", "C": "\\mathbb{C}"},
    **{"tg": "\\tan", "ctg": "\\cot", "cotg": "\\cot", "arctg": "\\arctan", "arcctg": "\\arccot"},
    **dict.fromkeys(("degree", "degrees"), "^\\circ"),
    **{"vee": "\\lor", "wedge": "\\land", "pounds": "£", "euro": "€", "smallsetminus": "\\setminus"},
    **{"bullet": "\\cdot", "div": "/", "lnot": "\\neg"},
    **dict.fromkeys(("quad", "qquad", "thinspace", "space", "limits", "nolimits", "hfill", "enspace"), " "),
    **dict.fromkeys(("displaystyle", "textstyle", "scriptstyle", "mathstrut", "strut", "noindent"), " "),
    **dict.fromkeys(("left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr"), ""),
    **dict.fromkeys(("biggl", "biggr", "Biggl", "Biggr", "middle", "bf", "rm", "it", "sf", "tt", "cal"), ""),
    **dict.fromkeys(("bm", "boldsymbol", "ensuremath", "mathop", "mathord", "underline", "pmb"), ""),
    **dict.fromkeys(("tiny", "small", "normalsize", "large", "Large", "LARGE", "huge", "Huge"), ""),
    **{name: f"\\{name}" for name in _FUNCTIONS},
}
_RUN = re.compile(r"\\+(?=[A-Za-z{}\[\]()])")
_LINE_END = re.compile(r"(?<!\\)\\n(?![A-Za-z])")
_DOUBLE_STRUCK = re.compile(r"\\mathbb\s+([A-Z])")
_COMMAND = re.compile(r"\\\\|\\([A-Za-z]+)|\\[,;:>/ ]|\\!\s*|~|\\\.")
_HTML = re.compile(
    r"</?(?:b|i|em|strong|u|span|p|div|mark)\s*>|<br\s*/?>|<(?P<up>sup|sub)>(?P<in>[^<]*)</(?P=up)>"
)
_SPACED = re.compile(r"\\q?quad(?=[A-Za-z])")
_ANGLED = re.compile(r"\\left\s*<(?P<inside>[^<>]*)\\right\s*>")
_STYLE = re.compile(r"\\(?:text)?color\s*\{[^{}]*\}|\\(?:hspace|vspace|label|tag|phantom)\*?\s*\{[^{}]*\}")
_MATRIX = re.compile(r"(\\(?:begin|end)\s*)\{(?:[pbB]?small|[bB])matrix\}")
_FENCED = re.compile(
    r"[(\[]\s*\\begin\s*\{(?P<kind>array|(?:small)?matrix)\}\s*(?:(?<=array\})\{[^{}]*\})?(?P<rows>.*?)"
    r"\\end\s*\{(?P=kind)\}\s*[)\]]"
)
_BARE_MATRIX = re.compile(r"(\\(?:begin|end)\s*)\{(?:small)?matrix\}")
_ROW_END = re.compile(r"\\\\\s*\[[\d.]+\s*[a-z]{2}\]|\\cr(?![A-Za-z])")
_FRACTION = re.compile(r"\\frac\s*(?:(\d)\s*(\d)|(\d)\s*(?=\{)|(?=\{))")
_AFTER_FRACTION = re.compile(r"(\\frac\{[^{}]*\})\s*(\d)")
_ROOT = re.compile(r"\\sqrt\s*(\[[^\[\]]*\])?\s*(\d+|[A-Za-z](?![A-Za-z]))")
_DEGREES = re.compile(r"\^\s*\{\s*\\circ\s*\}")
_SCRIPT = re.compile(
    r"(?<!\\log)([\^_])\s*(?:(-?\d+|[A-Za-z])|\{\s*(-?\w+)\s*\}|(\\frac\{[^{}]*\}\{[^{}]*\}))"
)
_LOG_BASE = re.compile(r"\\log\s*_\s*(?:(\d|[A-Za-z])|\{\s*(\w+)\s*\})")
_AND_OR = (
    r",?\s*(?:\\text\s*\{{\s*,?\s*(?:{0})\s*,?\s*\}}"
    r"|(?<![A-Za-z\\{{])(?:{0})(?![A-Za-z}}])(?=\s*(?:[^\sA-Za-z}}]|[A-Za-z](?![A-Za-z]))))"
)
_AND, _OR = re.compile(_AND_OR.format("and|AND")), re.compile(_AND_OR.format("or|OR"))
_GLUED = re.compile(r"(?<=[\d)])(and|or)(?=[\d(A-Za-z\\])")
_BOUND = re.compile(r"[<>]|\\(?:le|ge|ne)(?![A-Za-z])")
_SPACES = re.compile(r"\s+")
_LETTER_AFTER = re.compile(r"(\\[A-Za-z]+) (?![A-Za-z])")
_KEPT_SPACE = re.compile(r"(?<=\d) +(?=\d)")
_TRAILING = re.compile(r"(?:\\[,;:! ]|(?<!\\)[.,;:]|\\\.|\s)+$")
_UPRIGHT = re.compile(r"\\text\s*\{\s*([ie]|[\d.,/+-]+|[A-Z](?:\s*,\s*[A-Z])+)\s*\}")
_TEXT_FUNCTION = re.compile(rf"\\text\s*\{{\s*({'|'.join(_FUNCTIONS)})\s*\}}")
_DOLLAR_IN_TEXT = re.compile(r"\\text\s*\{\s*\\?\$\s*\}")
_DOLLARS = re.compile(r"\\\$\s*")
_POSITIVE_INFINITY = re.compile(r"([,(]\s*|^)\+\s*(?=\\infty)")
_WRAPPED = (
    *(("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("```", "```"), ("***", "***")),
    *(("**", "**"), ("*", "*"), ("__", "__"), ("`", "`"), ('"', '"'), ("'", "'")),
)
_EMPTY = ("{}", "\\{\\}", "\\{ \\}", "\\left\\{\\right\\}", "\\left\\{ \\right\\}")


def canonical(answer: str) -> str:
    """Return `answer` in canonical form."""
    text = unescaped(answer)
    text = in_latex(text)
    text = _HTML.sub(_html, text) if "<" in text else text
    text = _settled(text, _unwrapped)
    if text in _EMPTY:
        return "\\emptyset"
    text = _DOLLARS.sub(r"\\text{dollars} ", _DOLLAR_IN_TEXT.sub(r"\\$", text))
    if text.count("$") % 2 and text.lstrip("+- ").startswith("$"):
        text = text.replace("$", "\\text{dollars} ", 1)
    text = _SPACED.sub(" ", text.replace("$", "").replace("\\%", "%").replace("{,}", ",").replace("{}", ""))
    text = _ANGLED.sub(r"(\g<inside>)", text)
    text = _COMMAND.sub(_command, _STYLE.sub("", _DOUBLE_STRUCK.sub(r"\\mathbb{\1}", text)))
    text = _FENCED.sub(r"\\begin{pmatrix}\g<rows>\\end{pmatrix}", _ROW_END.sub(r"\\\\", text))
    text = _BARE_MATRIX.sub(r"\1{pmatrix}", _MATRIX.sub(r"\1{pmatrix}", text))
    text = _TEXT_FUNCTION.sub(r"\\\1 ", _UPRIGHT.sub(r"\1", text))
    text = plain.in_latex(_DEGREES.sub(r"^\\circ", text))
    text = _AFTER_FRACTION.sub(r"\1{\2}", _FRACTION.sub(_fraction, text))
    text = _SCRIPT.sub(_script, _LOG_BASE.sub(_log_base, text))
    text = _ROOT.sub(lambda found: f"\\sqrt{found[1] or ''}{{{found[2]}}}", text)
    text = _joined(text)
    text = _POSITIVE_INFINITY.sub(r"\1", text)
    text = _SPACES.sub(" ", text).replace("*", "\\cdot ")
    return _settled(text, _unwrapped)


def key(canonical_text: str) -> str:
    """Return the comparison key of an answer: its canonical text without spaces.

    A space between two digits is kept, since `1 8` is not 18.
    """
    text = _KEPT_SPACE.sub("\0", canonical_text.replace("\\text{", "{"))
    return _LETTER_AFTER.sub(r"\1", text).replace(" ", "").replace("\0", " ")


def unescaped(text: str) -> str:
    r"""Undo escaping: doubled backslashes, and line breaks written as `\n`."""
    runs = _RUN.findall(text)
    if runs and all(len(run) == 2 for run in runs):
        text = _RUN.sub(r"\\", text)
    return _LINE_END.sub(" ", text)


def _joined(text: str) -> str:
    r"""Rewrite `and` and `or` as commas between values, as `\land` and `\lor` between conditions."""
    text = _GLUED.sub(r" \1 ", text)
    if _BOUND.search(text):
        return _OR.sub(r" \\lor ", _AND.sub(r" \\land ", text))
    return _OR.sub(", ", _AND.sub(", ", text))


def _settled(text: str, change: Callable[[str], str], most: int = 8) -> str:
    for _ in range(most):
        changed = change(text)
        if changed == text:
            break
        text = changed
    return text


def _unwrapped(text: str) -> str:
    """Remove meaningless wrappers around the whole text."""
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
    for start in ("\\boxed{", "\\fbox{", "\\framebox{", "{"):
        if text.startswith(start) and text.endswith("}") and _closes_last(text[len(start) - 1 :]):
            return text[len(start) : -1] if len(text) > len(start) + 1 else text
    return text


def _closes_last(text: str) -> bool:
    """Tell whether the opening brace of `text` is closed by its last character."""
    depth = 0
    for brace in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0 and brace[0] == "}":
            return brace.end() == len(text)
    return False


def _html(found: re.Match[str]) -> str:
    return f"{'^' if found['up'] == 'sup' else '_'}{{{found['in']}}}" if found["up"] else " "


def _command(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[0] if found[0] == "\\\\" else "" if found[0].startswith("\\!") else " "
    synonym = _SYNONYMS.get(found[1])
    return found[0] if synonym is None else synonym


def _fraction(found: re.Match[str]) -> str:
    if found[1]:
        return f"\\frac{{{found[1]}}}{{{found[2]}}}"
    return f"\\frac{{{found[3]}}}" if found[3] else "\\frac"


def _script(found: re.Match[str]) -> str:
    return f"{found[1]}{{{found[2] or found[3] or found[4]}}}"


def _log_base(found: re.Match[str]) -> str:
    return f"\\log_{{{found[1] or found[2]}}}"


_DASHES = "−–—‐‑﹣－"
_BLANKS = "\u00a0\u2002\u2003\u2009\u200a\u202f\u2007\u3000\t\n\r"
_NOTHING = "\u200b\u2060\ufeff\0\u200e\u200f"
_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
_COMMANDS = {
    **{"×": "cdot", "·": "cdot", "⋅": "cdot", "∙": "cdot", "∗": "cdot", "π": "pi", "∞": "infty"},
    **{"≤": "le", "≦": "le", "⩽": "le", "≥": "ge", "≧": "ge", "⩾": "ge", "≠": "ne", "≡": "equiv"},
    **{"≈": "approx", "≅": "approx", "∪": "cup", "∩": "cap", "∈": "in", "∖": "setminus", "∅": "emptyset"},
    **{"⌀": "emptyset", "±": "pm", "∓": "mp", "°": "degree", "º": "degree", "∠": "angle", "△": "triangle"},
    **{"∧": "land", "∨": "lor", "∣": "mid", "⟨": "langle", "⟩": "rangle", "〈": "langle", "〉": "rangle"},
    **{"⌊": "lfloor", "⌋": "rfloor", "⌈": "lceil", "⌉": "rceil", "✓": "checkmark", "✔": "checkmark"},
    **{"∑": "sum", "∏": "prod", "∫": "int", "∂": "partial", "∇": "nabla", "…": "ldots", "⋯": "cdots"},
    **{"→": "to", "⇒": "Rightarrow", "⟹": "Rightarrow", "ℓ": "ell"},
    **{"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta"},
    **{"θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ρ": "rho"},
    **{"σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi"},
    **{"ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi"},
    **{"Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega"},
}
_OTHERS = {
    **{"÷": "/", "⁄": "/", "∕": "/", "½": "\\frac{1}{2}", "⅓": "\\frac{1}{3}", "⅔": "\\frac{2}{3}"},
    **{"¼": "\\frac{1}{4}", "¾": "\\frac{3}{4}", "⅕": "\\frac{1}{5}", "⅛": "\\frac{1}{8}"},
    **{"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "′": "'", "″": "''", "ℝ": "\\mathbb{R}"},
    **{"ℤ": "\\mathbb{Z}", "ℕ": "\\mathbb{N}", "ℚ": "\\mathbb{Q}", "ℂ": "\\mathbb{C}", "µ": "\\mu "},
    **{"，": ",", "、": ",", "。": ".", "｡": ".", "｛": "\\{", "｝": "\\}", "￥": "¥", "￡": "£"},
    **{
        "和": ",",
        "或": " or ",
        "且": " and ",
        "℃": "^\\circ C",
        "℉": "^\\circ F",
        "㎡": "m^2",
        "☑": "\\checkmark ",
    },
}
_TABLE = str.maketrans(
    {
        **_FULL_WIDTH,
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_BLANKS, " "),
        **dict.fromkeys(_NOTHING, ""),
        **{sign: f"\\{name} " for sign, name in _COMMANDS.items()},
        **_OTHERS,
    }
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣ", "0123456789+-=()nix")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₙₖₘᵢⱼ", "0123456789+-=()aeoxnkmij")
_RAISED_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣ]+")
_LOWERED_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₙₖₘᵢⱼ]+")
_ROOT_SIGN = re.compile(r"(?P<sign>[√∛∜])\s*(?:\((?P<in>[^()]*)\)|(?P<bare>\d+(?:\.\d+)?|[A-Za-z]|(?=\{)))")
_INDEX = {"√": "", "∛": "[3]", "∜": "[4]"}


def in_latex(text: str) -> str:
    """Convert the mathematical Unicode characters in `text` to LaTeX."""
    if text.isascii() and not any(blank in text for blank in "\t\n\r\0"):
        return text
    text = _ROOT_SIGN.sub(_root, text)
    text = _RAISED_RUN.sub(lambda run: f"^{{{run[0].translate(_RAISED)}}}", text)
    text = _LOWERED_RUN.sub(lambda run: f"_{{{run[0].translate(_LOWERED)}}}", text)
    return text.translate(_TABLE)


def _root(found: re.Match[str]) -> str:
    inside = found["in"] or found["bare"]
    root = f"\\sqrt{_INDEX[found['sign']]}"
    return f"{root}{{{inside}}}" if inside else root
