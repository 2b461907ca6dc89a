r"""The shape of an answer: a tuple or interval, a set or list, a union, a matrix, or an atom.

The input is canonical text. `(3,4]` is a tuple with the fence `(]`; whether it is a point or an interval
depends on the question, and nothing here needs to know.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["atom", "tuple", "bag", "union", "matrix"]
_REDUNDANT = 4
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
_OPEN = {"(": 1, "[": 1, "{": 1, "\\{": 1, "\\begin": 1}
_CLOSE = {")": -1, "]": -1, "}": -1, "\\}": -1, "\\end": -1}
_MATRIX = re.compile(r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}", re.DOTALL)
_THOUSANDS = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_NAME = r"(?:\\?[A-Za-z]+(?:_\{?\w+\}?)?(?:\([A-Za-z]\))?)"
_LESS = r"<|\\le(?![A-Za-z])"
_MORE = r">|\\ge(?![A-Za-z])"
_BETWEEN = re.compile(rf"(?P<low>[^<>]+?)(?P<left>{_LESS})\s*{_NAME}\s*(?P<right>{_LESS})(?P<high>[^<>]+)")
_BOUND = re.compile(rf"{_NAME}\s*(?P<sign>{_LESS}|{_MORE})(?P<bound>[^<>]+)")
_BOUND_FIRST = re.compile(rf"(?P<bound>[^<>]+?)(?P<sign>{_LESS}|{_MORE})\s*{_NAME}")
_FALLING = re.compile(
    rf"(?P<high>[^<>]+?)(?P<right>{_MORE})\s*(?P<name>{_NAME})\s*(?P<left>{_MORE})(?P<low>[^<>]+)"
)
_VARIABLE = re.compile(rf"(?:{_LESS}|{_MORE})\s*({_NAME})\s*$|^\s*({_NAME})\s*(?:{_LESS}|{_MORE})")
_MEMBER = re.compile(rf"{_NAME}\s*(?:\\in\s*(?:\\mathbb\s*\{{R\}}|\\text\s*\{{R\}}))?\s*")


@dataclass(frozen=True)
class Form:
    """An answer's shape."""

    kind: Kind  #: the kind of shape; the items of a bag are unordered
    text: str  #: the whole answer
    items: tuple[str, ...] = ()  #: the texts of its parts, row by row for a matrix; empty for an atom
    fence: str = ""  #: the brackets around the items, `{}` for a set, empty for a bare list
    columns: int = 0  #: the number of columns of a matrix


def form(text: str) -> Form:
    """Read the shape of canonical text."""
    text = _without_brackets(text.strip())
    if (condition := _builder(text)) is not None:
        built = form(condition)
        return built if built.kind in ("tuple", "union") else Form("atom", text)
    if len(parts := split(text, "\\cup", "\\lor")) > 1:
        return Form("union", text, tuple(parts))
    if len(parts := split(text, "\\land")) > 1:
        meeting = _meeting(parts)
        return form(meeting) if meeting else Form("atom", text)
    if (interval := _interval(text)) and (bounds := _fenced(interval)):
        return Form("tuple", text, bounds.items, bounds.fence)
    if len(parts := [*split(text, ",", ";")]) > 1:
        return _bag(text, parts, "")
    if (found := _MATRIX.fullmatch(text)) and "\\begin" not in found[1]:
        rows = [row.split("&") for row in found[1].split("\\\\") if row.strip()]
        if rows and len({len(row) for row in rows}) == 1:
            items = tuple(item.strip() for row in rows for item in row)
            return Form("matrix", text, items, columns=len(rows[0]))
    if fenced := _fenced(text):
        return fenced
    return _bag(text, [text], "") if "\\pm" in text else Form("atom", text)


def _builder(text: str) -> str | None:
    r"""Return the condition of a set such as `\{x : x > 2\}`, None for anything else."""
    if not (text.startswith("\\{") and text.endswith("\\}")):
        return None
    parts = split(text[2:-2], ":") if ":" in text else split(text[2:-2], "|")
    if len(parts) != 2 or not _MEMBER.fullmatch(parts[0]):
        return None
    return " \\land ".join(split(parts[1], ",", ";"))


def _meeting(parts: list[str]) -> str | None:
    """Rewrite a lower and an upper bound of one variable as the interval between them."""
    if len(parts) != 2:
        return None
    variables = [_VARIABLE.search(part.strip()) for part in parts]
    names = {found[1] or found[2] for found in variables if found}
    bounds = [_interval(part.strip()) for part in parts]
    if None in variables or len(names) != 1 or not (bounds[0] and bounds[1]):
        return None
    lower, upper = sorted(map(str, bounds), key=lambda bound: "-\\infty" in bound)
    if not lower.endswith("\\infty)") or not upper.startswith("(-\\infty"):
        return None
    return lower.removesuffix("\\infty)") + upper.removeprefix("(-\\infty,")


def without_thousands(text: str) -> str:
    """Remove the commas from numbers such as `32,348`, so that only those of a list are left."""
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)


def split(text: str, *separators: str) -> list[str]:
    """Split `text` at separators outside brackets; return it whole if the brackets do not match."""
    parts, start, depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        depth += _OPEN.get(token[0], 0) + _CLOSE.get(token[0], 0)
        if depth < 0:
            return [text]
        if depth == 0 and token[0] in separators:
            parts.append(text[start : token.start()].strip())
            start = token.end()
    parts.append(text[start:].strip())
    return parts if depth == 0 and all(parts) else [text]


def _bag(text: str, parts: list[str], fence: str) -> Form:
    items = tuple(item for part in parts for item in _signs(part))
    return Form("bag", text, items, fence)


def _signs(part: str) -> Iterator[str]:
    r"""Expand `a \pm b` into its two values."""
    if "\\pm" not in part:
        yield part
        return
    for plus, minus in (("+", "-"), ("-", "+")):
        yield part.replace("\\pm", plus).replace("\\mp", minus).strip().removeprefix("+").strip()


def _fenced(text: str) -> Form | None:
    opening, closing = ("\\{", "\\}") if text.startswith("\\{") else (text[:1], text[-1:])
    if opening not in ("(", "[", "\\{") or closing not in (")", "]", "\\}") or not text.endswith(closing):
        return None
    inside = text[len(opening) : -len(closing)]
    parts = split(inside, ",", ";")
    if opening == "\\{":
        return _bag(text, parts, "{}")
    return Form("tuple", text, tuple(parts), opening + closing) if len(parts) > 1 else None


def depth(text: str) -> int:
    """Return the maximum nesting depth of brackets."""
    deepest = opened = 0
    for token in _TOKEN.finditer(text):
        opened = max(0, opened + _OPEN.get(token[0], 0) + _CLOSE.get(token[0], 0))
        deepest = max(deepest, opened)
    return deepest


def _without_brackets(text: str) -> str:
    """Remove redundant brackets around a single value, up to a few levels."""
    for _ in range(_REDUNDANT):
        inside = text[1:-1].strip()
        if not (text.startswith("(") and text.endswith(")") and _balanced(inside)):
            break
        if not inside or len(split(inside, ",", ";")) > 1:
            break
        text = inside
    return text


def _balanced(text: str) -> bool:
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += _OPEN.get(token[0], 0) + _CLOSE.get(token[0], 0)
        if depth < 0:
            return False
    return depth == 0


def _interval(text: str) -> str | None:
    r"""Rewrite an inequality in one variable as an interval, None for anything else."""
    if found := _BETWEEN.fullmatch(text):
        left, right = ("(" if found["left"] == "<" else "["), (")" if found["right"] == "<" else "]")
        return f"{left}{found['low'].strip()},{found['high'].strip()}{right}"
    if found := _FALLING.fullmatch(text):
        left, right = ("(" if found["left"] == ">" else "["), (")" if found["right"] == ">" else "]")
        return f"{left}{found['low'].strip()},{found['high'].strip()}{right}"
    found = _BOUND.fullmatch(text)
    is_below = found is not None
    found = found or _BOUND_FIRST.fullmatch(text)
    if found is None or "," in found["bound"]:
        return None
    bound, strict = found["bound"].strip(), found["sign"] in "<>"
    if (found["sign"] in ("<", "\\le")) == is_below:
        return f"(-\\infty,{bound}{')' if strict else ']'}"
    return f"{'(' if strict else '['}{bound},\\infty)"
