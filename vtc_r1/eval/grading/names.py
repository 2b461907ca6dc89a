r"""The left-hand side of an answer: the name of a value, or one side of an equation.

`x = 5`, `f(2) = 5`, `|AB| = 5`, `m + n = 5` and `\text{Area} = 5` name a value. `x^2 + 4 = 5` and `2n = 5`
do not: they are equations, and 5 does not solve them. Whatever the question asks for is always a name.

Qualifiers of an answer: the arguments it holds for, a modulus, the label of a choice.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.grading.forms import split, without_thousands
from vtc_r1.eval.grading.rational import rational

_GREEK = (
    r"\\(?:alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi"
    r"|chi|psi|omega|Gamma|Delta|Theta|Lambda|Sigma|Phi|Psi|Omega|ell)"
)
_SUBSCRIPT = r"(?:_\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})?"
_MARKED = r"\\(?:hat|bar|overline|vec|tilde|widehat|overrightarrow)\s*\{[^{}]*\}"
_SYMBOL = rf"(?:(?:\\Delta\s*)?(?:{_GREEK}(?![A-Za-z])|[A-Za-z])|{_MARKED}){_SUBSCRIPT}'*"
_SEGMENT = (
    r"(?:[A-Z](?:_\{\w+\}|')?){2,5}|\\(?:overline|overrightarrow)\s*\{[A-Z]{2,4}\}"
    r"|\|[A-Z]{2}\||\[[A-Z]{3,5}\]"
)
_ANGLE = r"m?\s*\\(?:angle|measuredangle|triangle)\s*[A-Z\d]{1,4}"
_CALL = (
    rf"(?:[fghFGHPEVTSNRW]|{_GREEK}){_SUBSCRIPT}'*(?:\^\{{?-?\w+\}}?)?\s*\(.*\)|[a-wA-W]\s*\(\s*-?\d+\s*\)"
)
_SIMPLE_CALL = rf"[A-Za-z]{_SUBSCRIPT}'*\s*\(\s*[A-Za-z]\s*\)"
_WORDS = r"(?:\\text\s*\{[^{}\d]*\}|[A-Za-z]{4,}|[A-Za-z]{1,3}(?=\s[A-Za-z]{4,})|\s|_\{[^{}]*\})+"
_SUM = r"[a-wA-W](?:_\{\w+\})?(?:\s*\+\s*[a-wA-W](?:_\{\w+\})?)+"
_BOUND = r"\\(?:lim|int|sum|prod|max|min|gcd|det)(?![A-Za-z]).*"
_DERIVATIVE = r"\\frac\s*\{d\^?\{?\d?\}?\s*[a-zA-Z]?\}\s*\{d\s*[a-z]\^?\{?\d?\}?\}.*"
_NAME = re.compile(
    "|".join(
        rf"(?:{part})"
        for part in (_SYMBOL, _SEGMENT, _ANGLE, _CALL, _SIMPLE_CALL, _WORDS, _SUM, _BOUND, _DERIVATIVE)
    )
)
_PART = rf"(?:{_SYMBOL}|{_SEGMENT}|{_ANGLE})"
_RATIO = re.compile(
    rf"{_PART}\s*(?::\s*{_PART})+|\\frac\s*\{{\s*(?:{_SEGMENT})\s*\}}\s*\{{\s*(?:{_SEGMENT})\s*\}}"
)
_TUPLE = re.compile(rf"\(\s*{_SYMBOL}(?:\s*,\s*{_SYMBOL})+\s*\)")
_ONE = re.compile(_PART)
_NEGATION = re.compile(
    r"(?<![A-Za-z])(?:[Nn]ot|[Nn]o|[Nn]ever|[Ww]rong|[Ii]ncorrect|[Ff]alse|[Cc]annot)(?![A-Za-z])"
)
_LETTER = re.compile(
    r"(?<![A-Za-z\\])[A-Za-z]|\\(?!frac|sqrt|cdot|binom|pi|left|right|circ|log|ln|sin|cos|tan)[A-Za-z]+"
)
_COORDINATES = ("xyz", "abcd", "pqrs", "uvw", "mn")
_APPROXIMATELY = "\\approx"
_FORMULA = re.compile(r"\$\$?([^$]+)\$|\\\(([^$]+?)\\\)|\\\[([^$]+?)\\\]")
_LONGEST = 20_000  #: characters from the end of a question that are searched for formulas


@dataclass(frozen=True)
class Named:
    """An answer, split at its equals signs."""

    name: str  #: the text before the first equals sign; empty if there is none
    value: str  #: the text after the last equals sign
    steps: tuple[str, ...] = ()  #: the parts between the first and the last; each must have the same value
    is_name: bool = True  #: whether `name` names a value rather than being one side of an equation

    @property
    def is_relation(self) -> bool:
        """Whether it has an equals sign."""
        return bool(self.name)


def named(text: str, question: str = "") -> Named:
    r"""Split canonical text at `=`, `\in` and `\approx`; a list is not split."""
    if len(split(without_thousands(text), ",", ";")) > 1:
        return Named("", text)
    exact = split(text, _APPROXIMATELY)
    parts = split(exact[0], "=", "\\in")
    if len(parts) == 1 and len(exact) > 1 and is_name(exact[0], question):
        parts = exact
    if len(parts) == 1:
        return Named("", exact[0])
    first, *steps, last = parts
    if is_name(last, question) and not is_name(first, question) and len(parts) == 2:
        return Named(last, first)
    return Named(first, last, tuple(steps), is_name(first, question))


def is_name(text: str, question: str = "") -> bool:
    """Tell whether canonical text names a value, by its form or because the question asks for it."""
    text = text.strip()
    if _NEGATION.search(text):
        return False
    if _NAME.fullmatch(text) or _RATIO.fullmatch(text) or _TUPLE.fullmatch(text):
        return True
    return bool(question) and asked_for(text, question)


def is_closed(text: str) -> bool:
    """Tell whether canonical text contains no letter that could be an unknown."""
    return _LETTER.search(text) is None


def asked_for(text: str, question: str) -> bool:
    """Tell whether the question contains the expression as a formula, and so asks for its value."""
    wanted = key(text)
    if len(wanted) < 2:
        return False
    formulas = (next(filter(None, found.groups())) for found in _FORMULA.finditer(question[-_LONGEST:]))
    if any(key(canonical(formula)) == wanted for formula in formulas):
        return True
    letters = r"\s*".join(re.escape(sign) for sign in wanted)
    return bool(re.search(rf"(?<![\w^_+=\\-]){letters}(?!\s*[\w^_+=(-])", question))


def solutions(text: str) -> list[dict[str, str]] | None:
    """Read assignments of several variables: one solution, or several separated by semicolons; else None."""
    groups = split(text, ";")
    items = [split(group, ",") for group in groups]
    if len(items) > 1 and all(len(one) == 1 for one in items):
        items = [[one for group in items for one in group]]
    found = [_solution(one) for one in items]
    return [one for one in found if one] if all(found) else None


def in_order(solution: dict[str, str]) -> list[str]:
    """Return the values of an assignment as coordinates: those of `x, y, z` in alphabetical order."""
    is_run = any(set(solution) <= set(letters) for letters in _COORDINATES)
    names = sorted(solution) if is_run else list(solution)
    return [solution[name] for name in names]


def share_a_letter(names: list[str]) -> bool:
    """Tell whether all names are `x` with subscripts, as for the roots of an equation."""
    letters = {name.partition("_")[0].strip() for name in names}
    return letters == {"x"} and all("_" in name for name in names)


def _solution(items: list[str]) -> dict[str, str] | None:
    parts = [split(item, "=") for item in items]
    if len(parts) == 1 and len(parts[0]) == 2:
        return _paired(*parts[0])
    if len(parts) < 2 or not all(len(part) == 2 and _ONE.fullmatch(part[0]) for part in parts):
        return None
    found = {key(name): value for name, value in parts}
    return found if len(found) == len(parts) else None


def _paired(left: str, right: str) -> dict[str, str] | None:
    """Read `(x,y)=(2,3)`."""
    if not (_TUPLE.fullmatch(left) and right.startswith("(") and right.endswith(")")):
        return None
    names, values = split(left[1:-1], ","), split(right[1:-1], ",")
    if len(names) != len(values) or len({key(name) for name in names}) != len(names):
        return None
    return {key(name): value for name, value in zip(names, values, strict=True)}


_OPENED = r"[\s,;]*(?:\\text\s*\{\s*,?\s*|\(\s*)?"
_FOR_ALL = re.compile(_OPENED + r"(?<![A-Za-z])for\s+(?:all|any|every|each)(?![A-Za-z]).*$", re.DOTALL)
_WHERE = re.compile(
    _OPENED
    + r"(?<![A-Za-z])(?:where|with|for)\s*\}?\s*(?P<name>[A-Za-z])\s*(?:\\text\s*\{)?\s*(?:is|being)\s+"
    r"(?:an?\s+|any\s+|some\s+)?(?:arbitrary\s+|real\s+)?(?:integer|constant|real\s+number|number)\s*\}?\s*\)?$"
)
_MEMBER = re.compile(
    r"[\s,;]+(?:\\text\s*\{\s*(?:where|for|with)?\s*\}\s*)?\(?\s*(?P<name>[a-zA-Z])\s*\\in\s*\\mathbb\{[ZNRQ]\}\s*\)?$"
)
_MODULUS = re.compile(r"\s*\(?\s*\\pmod\{(?P<modulus>[^{}]*)\}\s*\)?$")
_LABEL = re.compile(
    r"(?:\\text\s*\{\s*\(?(?P<a>[A-J])[).]+\s*\}|\((?P<b>[A-J])\)|(?P<c>[A-J])\)|\\text\s*\{\s*\((?P<d>[A-J])\)\s*(?P<inside>[^{}]+)\})"
    r"\s*:?\s*(?P<rest>.*)",
    re.DOTALL,
)
_SPOILT = re.compile(r"\([A-J]\)|(?<![A-Za-z])(?:is|are|not|no|wrong|incorrect|false|or|and)(?![A-Za-z])")
_CHOICE = re.compile(r"(?:\\text\s*\{\s*)?\(?\s*([A-J])\s*\)?(?:\s*\})?")


def unqualified(gold: str, other: str) -> tuple[str, str, bool]:
    """Return both answers without qualifiers and moduli, and whether the moduli agree."""
    gold, other = _bare(gold), _bare(other)
    ours, theirs = _MODULUS.search(gold), _MODULUS.search(other)
    if ours and theirs and key(ours["modulus"]) != key(theirs["modulus"]):
        return gold, other, False
    return (*_remainders(gold, other, ours, theirs),)


def labelled(gold: str, other: str) -> str:
    """Return a labelled answer such as `(B) 12` without its label; the label if that is the gold."""
    found = _LABEL.fullmatch(other)
    if found is None:
        return other
    label = found["a"] or found["b"] or found["c"] or found["d"]
    rest = (found["inside"] or "") + found["rest"]
    if letter := _CHOICE.fullmatch(gold):
        return letter[0] if letter[1] == label and not _SPOILT.search(rest) else other
    if not rest.strip() or label in key(gold) or rest.lstrip()[0] in "+*/^_!=<>,)":
        return other
    return rest.strip()


def _bare(text: str) -> str:
    """Remove qualifiers such as `for all x` and `where n is an integer`."""
    for qualifier in (_FOR_ALL, _WHERE, _MEMBER):
        found = qualifier.search(text)
        if found and (before := text[: found.start()].strip()):
            named = found.groupdict().get("name")
            if named is None or named in before:
                text = before
    return text


def _remainders(
    gold: str, other: str, ours: re.Match[str] | None, theirs: re.Match[str] | None
) -> tuple[str, str, bool]:
    first, fits = _remainder(gold, ours)
    second, also = _remainder(other, theirs)
    return first, second, fits and also


def _remainder(text: str, modulus: re.Match[str] | None) -> tuple[str, bool]:
    r"""Return the remainder of a congruence, and whether the congruence holds."""
    if modulus is None:
        return text, True
    left, *rest = split(text[: modulus.start()].strip().removeprefix("\\equiv").strip(), "\\equiv")
    if not rest:
        return left, True
    value = rest[-1]
    if is_name(left):
        return value, True
    if not is_closed(left):
        return value, False
    return value, _congruent(rational(left), rational(value), rational(modulus["modulus"]))


def _congruent(one: Fraction | None, other: Fraction | None, modulus: Fraction | None) -> bool:
    if one is None or other is None or not modulus:
        return False
    return (one - other) % modulus == 0
