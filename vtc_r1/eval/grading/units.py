r"""What follows a quantity: units, currency, degrees, what is counted."""

import re

_ALIASES = {
    "mm": "mm millimeter millimetre",
    "cm": "cm centimeter centimetre",
    "m": "m meter metre",
    "km": "km kilometer kilometre",
    "inch": "inch inche",
    "foot": "foot feet ft",
    "yard": "yard yd",
    "mile": "mile mi",
    "gram": "gram g",
    "kg": "kg kilogram",
    "pound": "pound lb",
    "ounce": "ounce oz",
    "second": "second sec s",
    "minute": "minute min",
    "hour": "hour hr h",
    "day": "day",
    "week": "week",
    "month": "month",
    "year": "year yr",
    "cent": "cent",
    "dollar": "dollar usd",
    "degree": "degree deg",
    "radian": "radian rad",
    "liter": "liter litre l",
    "unit": "unit",
}
_KNOWN = {alias: unit for unit, aliases in _ALIASES.items() for alias in aliases.split()}
_NO_UNITS = frozenset(
    [
        *("hundred", "thousand", "million", "billion", "trillion", "dozen", "half", "third", "quarter"),
        *("squared", "cubed", "factorial", "times", "plus", "minus", "over", "pi", "sqrt", "root", "mod"),
        *("choose", "infinity", "none", "not", "undefined", "or", "and", "less", "more", "than", "least"),
        *("most", "to", "if", "when", "unless", "sin", "cos", "tan", "cot", "log", "exp"),
    ]
)
_POWER = r"(?:\s*\^\s*\{?\s*[23]\s*\}?)?"
_IN_TEXT = re.compile(rf"(?P<body>.*\S)\s*\\text\s*\{{\s*(?P<words>[A-Za-z][^{{}}\\]*)\}}{_POWER}\s*\.?")
_IN_WORDS = re.compile(
    rf"(?P<body>(?:.*[\d}})%]|.*\S(?=\s)))\s*(?P<words>[A-Za-z][A-Za-z.]+(?:[ /][A-Za-z]+){{0,3}}){_POWER}"
)
_DEGREES = re.compile(r"(?P<body>.*\S)\s*\^\s*\\circ\s*[CF]?")
_PERCENT = re.compile(r"(?P<body>.*\S)\s*(?:\\text\s*\{\s*(?:percent|per cent)\s*\}|\bpercent)")
_PLAIN = re.compile(r"[\s\d.,/%+-]*|[+-]?\s*\d*\s*\\frac\{[^{}]*\}\{[^{}]*\}")


def split_unit(text: str) -> tuple[str, str | None]:
    r"""Part canonical text into the quantity and its unit, None where it has none or one that is not known.

    Words without `\\text` are taken for a unit where they are a known one, or where nothing but a number
    and a space stands before one of three letters. `thousand`, `or less` and their like are no units.
    """
    if found := _PERCENT.fullmatch(text):
        return f"{found['body']}%", None
    if found := _DEGREES.fullmatch(text):
        return found["body"], "degree"
    if found := _IN_TEXT.fullmatch(text):
        words = found["words"].lower().split()
        if _counts(words) and (len(found["words"].strip()) > 1 or _unit(words)):
            return found["body"], _unit(words)
    elif found := _IN_WORDS.fullmatch(text):
        words = found["words"].lower().split()
        is_noun = len(words) == 1 and len(words[0]) > 2 and text[len(found["body"])].isspace()
        if _counts(words) and (_unit(words) or (is_noun and _PLAIN.fullmatch(found["body"]))):
            return found["body"], _unit(words)
    return text, None


def _counts(words: list[str]) -> bool:
    return _NO_UNITS.isdisjoint(words)


def _unit(words: list[str]) -> str | None:
    """Return the unit that the words name, whatever its power."""
    for word in words:
        bare = word.strip(".,")
        if bare in ("per",):
            break
        for spelled in (bare, bare.removesuffix("s"), bare.removesuffix("es")):
            if spelled in _KNOWN:
                return _KNOWN[spelled]
    return None
