"""Mathematical Unicode characters to LaTeX."""

import re

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
_ROOT = re.compile(r"(?P<sign>[√∛∜])\s*(?:\((?P<in>[^()]*)\)|(?P<bare>\d+(?:\.\d+)?|[A-Za-z]|(?=\{)))")
_INDEX = {"√": "", "∛": "[3]", "∜": "[4]"}


def in_latex(text: str) -> str:
    """Convert the mathematical Unicode characters in `text` to LaTeX."""
    if text.isascii() and not any(blank in text for blank in "\t\n\r\0"):
        return text
    text = _ROOT.sub(_root, text)
    text = _RAISED_RUN.sub(lambda run: f"^{{{run[0].translate(_RAISED)}}}", text)
    text = _LOWERED_RUN.sub(lambda run: f"_{{{run[0].translate(_LOWERED)}}}", text)
    return text.translate(_TABLE)


def _root(found: re.Match[str]) -> str:
    inside = found["in"] or found["bare"]
    root = f"\\sqrt{_INDEX[found['sign']]}"
    return f"{root}{{{inside}}}" if inside else root
