r"""Plain-text mathematics to LaTeX: `sqrt(3)`, `pi/2`, `x**2`, `log2(8)`, `5 choose 2`.

The content of `\text{}`, and words that name nothing mathematical, are left unchanged.
"""

import re

_TEXT = re.compile(r"(\\text\s*\{[^{}]*\})")
_GREEK = "alpha|beta|gamma|delta|epsilon|theta|lambda|mu|sigma|phi|omega|rho|tau|pi"
_FUNCTIONS = "arcsin|arccos|arctan|sinh|cosh|tanh|sin|cos|tan|sec|csc|cot|ln|log"
_OF_BRACKETS = "gcd|lcm|max|min|det"
_INVERSE = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_START, _END = r"(?<![A-Za-z\\])", r"(?![A-Za-z])"
_NAMED = re.compile(
    rf"{_START}(?:(?:{_GREEK}){_END}|(?:{_FUNCTIONS}|asin|acos|atan){_END}(?=\s*[A-Za-z\d(\\^_{{|])"
    rf"|(?:{_OF_BRACKETS})(?=\s*\())"
)
_INFINITY = re.compile(
    rf"(?P<sign>\+\s*)?{_START}(?:[Ii]nfinity|oo|inf|infty){_END}|\\text\s*\{{\s*[Ii]nfinity\s*\}}"
)
_LOGARITHM = re.compile(rf"(?:{_START}|(?<=\\))log_?(?P<base>2|10)\s*(?=\()")
_CALL = re.compile(rf"{_START}(?P<name>sqrt|cbrt|exp|abs|floor|ceil|binomial|binom|factorial)\s*\(")
_BARE_ROOT = re.compile(rf"{_START}sqrt\s*(?P<of>\d+(?:\.\d+)?|[A-Za-z]{_END}|(?=\{{))")
_CHOOSE = re.compile(
    r"(?P<top>\d+|(?<![A-Za-z])[a-z])\s*(?:\\choose|(?<![A-Za-z])choose(?![A-Za-z]))\s*(?P<bottom>\d+|[a-z](?![A-Za-z]))"
)
_CHOOSE_IN_BRACES = re.compile(r"\{([^{}]*)\\choose(?![A-Za-z])([^{}]*)\}")
_MODULO = re.compile(
    r"\(\s*(?:\\b?mod|mod)(?![A-Za-z])\s*(?P<fenced>[^()]+?)\s*\)"
    r"|(?:\\[bp]?mod|(?<![A-Za-z\\])mod)(?![A-Za-z])\s*(?:\{(?P<braced>[^{}]*)\}|(?P<bare>\d+|[A-Za-z](?![A-Za-z])))"
)
_POWER = re.compile(r"\^\s*\(")
_UNION = re.compile(r"(?<=[)\]}])\s*(?:U|u|union|\\text\s*\{\s*U\s*\})\s*(?=[(\[]|\\\{)")
_UNEQUAL = re.compile(r"(?<![\d)}])!=|=/=")
_OPERATORS = (("**", "^"), ("<=", "\\le "), (">=", "\\ge "), ("==", "="))
_WRAPPERS = {
    "sqrt": ("\\sqrt{", "}"),
    "cbrt": ("\\sqrt[3]{", "}"),
    "exp": ("e^{", "}"),
    "abs": ("|", "|"),
    "floor": ("\\lfloor ", "\\rfloor "),
    "ceil": ("\\lceil ", "\\rceil "),
    "factorial": ("(", ")!"),
}
_MOST_CALLS = 50


def in_latex(text: str) -> str:
    """Convert the plain-text mathematics in `text` to LaTeX."""
    text = _CHOOSE_IN_BRACES.sub(r"\\binom{\1}{\2}", text)
    parts = _TEXT.split(_INFINITY.sub(lambda found: "\\infty ", text))
    return "".join(part if at % 2 else _rewritten(part) for at, part in enumerate(parts))


def closing(text: str, at: int) -> int | None:
    """Return the index where the bracket `(` at `at` closes, None if it does not."""
    depth = 0
    for place in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return None


def _rewritten(text: str) -> str:
    text = _UNEQUAL.sub(r"\\ne ", text)
    for sign, latex in _OPERATORS:
        text = text.replace(sign, latex)
    text = _CHOOSE.sub(r"\\binom{\g<top>}{\g<bottom>}", text)
    text = _MODULO.sub(_modulus, text)
    text = _UNION.sub(r"\\cup ", text)
    text = _calls(text)
    text = _BARE_ROOT.sub(lambda found: f"\\sqrt{{{found['of']}}}" if found["of"] else "\\sqrt", text)
    text = _LOGARITHM.sub(lambda found: f"\\log_{{{found['base']}}}", text).replace("\\\\log_", "\\log_")
    return _NAMED.sub(_name, text)


def _name(found: re.Match[str]) -> str:
    return f"\\{_INVERSE.get(found[0], found[0])} "


def _modulus(found: re.Match[str]) -> str:
    return f"\\pmod{{{found['fenced'] or found['braced'] or found['bare']}}}"


def _calls(text: str) -> str:
    """Convert calls such as `sqrt(…)`, and powers in round brackets, to braces."""
    for _ in range(_MOST_CALLS):
        found = _CALL.search(text) or _POWER.search(text)
        if found is None:
            break
        end = closing(text, found.end() - 1)
        if end is None:
            break
        inside, rest = text[found.end() : end], text[end + 1 :]
        name = found.groupdict().get("name")
        if name is None:
            written = f"^{{{inside}}}"
        elif name.startswith("binom"):
            top, _, bottom = inside.partition(",")
            written = f"\\binom{{{top.strip()}}}{{{bottom.strip()}}}"
        else:
            opening, closed = _WRAPPERS[name]
            written = f"{opening}{inside}{closed}"
        text = text[: found.start()] + written + rest
    return text
