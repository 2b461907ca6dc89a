r"""Numbers as exact fractions: integers, decimals, `\frac`, mixed numbers, percent, powers of ten, bases."""

import re
from dataclasses import dataclass
from fractions import Fraction

from vtc_r1.eval.grading.rational import rational

_PLAIN = r"\d{1,3}(?:[,\s]\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+"
_NUMBER = re.compile(
    rf"""(?P<sign>[+-]?)\s*(?:
        (?P<plain>{_PLAIN})(?:(?:\s*\\cdot\s*10\s*\^\s*|[eE])\{{?(?P<power>[+-]?\d{{1,3}})\}}?)?
        | (?P<whole>\d+)?\s*\\frac
          \s*\{{\s*(?P<top>[+-]?\d+(?:\.\d+)?)\s*\}}\s*\{{\s*(?P<bottom>[+-]?\d+(?:\.\d+)?)\s*\}}
        | (?:(?P<before>\d+)\s+)?(?P<over>[+-]?\d+(?:\.\d+)?)\s*/\s*(?P<under>\d+(?:\.\d+)?)
        )\s*(?P<percent>%?)""",
    re.VERBOSE,
)
_REPEATING = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<whole>\d*)\.(?P<fixed>\d*?)\s*"
    r"(?:\\(?:overline|bar|dot)\s*(?:\{\s*(?P<braced>\d+)\s*\}|(?P<bare>\d))|\((?P<fenced>\d+)\)"
    r"|(?P<same>(?P<digit>\d)(?P=digit){2,})\s*(?:\\[lc]?dots\s*|\.\.\.))(?P<percent>\s*%?)"
)
_BASE_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_BASES = {word: base for base, word in enumerate(_BASE_WORDS, 2)} | {"sixteen": 16}
_BASE = rf"(?P<base>\d{{1,2}}|{'|'.join(_BASES)})"
_IN_BASE = (
    re.compile(
        r"\(?\s*(?P<digits>-?[0-9A-Za-z]+)\s*\)?\s*_\s*\{?\s*(?:\\text\s*\{)?\s*\(?\s*"
        + _BASE
        + r"\s*\)?\s*\}?\s*\}?"
    ),
    re.compile(
        r"(?P<digits>-?[0-9A-Za-z]+)\s*(?:\\text\s*\{)?\s*\(?\s*(?:in\s+)?base[\s~_{}-]*"
        + _BASE
        + r"\s*\}?\s*\)?\s*\}?"
    ),
)
_LONGEST = 1_000  #: digits that are read as a number; int() is quadratic in them
_ROUNDED_PLACES = 6  #: decimal places from which a decimal may stand for a repeating fraction


@dataclass(frozen=True)
class Number:
    """An exact number."""

    value: Fraction  #: its value, before applying a percent sign
    percent: bool = False  #: whether a percent sign follows
    places: int | None = None  #: decimal places as written, None if it is not a decimal
    #: the base given by a subscript, None without one; `value` is then read in that base
    base: int | None = None
    digits: str = ""  #: the digits, if there is a base


def number(text: str) -> Number | None:
    """Read canonical text as one number, None if it is anything else."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    for written in _IN_BASE:
        if found := written.fullmatch(text):
            return _in_base(found["digits"], found["base"])
    if found := _REPEATING.fullmatch(text):
        return _repeating(found)
    found = _NUMBER.fullmatch(text)
    if found is None:
        return _arithmetic(text)
    value, places = _value(found)
    if value is None:
        return None
    return Number(-value if found["sign"] == "-" else value, bool(found["percent"]), places)


def same_number(gold: Number, other: Number, *, counted: bool = False) -> bool:
    """Tell whether two numbers are the same answer.

    A percentage equals its number or its hundredth; only the latter if something is `counted`. A number in a
    base equals the same digits in the same base, or the digits alone if the base is implied. A decimal of
    six or more places may be a repeating fraction, rounded or truncated.
    """
    if gold.base or other.base:
        return _same_in_base(gold, other)
    if gold.percent == other.percent:
        is_same = gold.value == other.value
    else:
        percentage, plain = (gold, other) if gold.percent else (other, gold)
        is_same = plain.value == percentage.value / 100 or (plain.value == percentage.value and not counted)
    if is_same:
        return True
    return not gold.percent and not other.percent and _stands_for(gold, other)


def _value(found: re.Match[str]) -> tuple[Fraction | None, int | None]:
    if plain := found["plain"]:
        digits = re.sub(r"[,\s]", "", plain)
        value = Fraction(digits.rstrip(".") if not digits.startswith(".") else f"0{digits}")
        places = len(digits.partition(".")[2]) if "." in digits else None
        power = int(found["power"] or 0)
        return value * Fraction(10) ** power, None if power else places
    top, bottom = (found["top"], found["bottom"]) if found["top"] else (found["over"], found["under"])
    whole = found["whole"] or found["before"]
    if Fraction(bottom) == 0 or (whole and top.startswith(("-", "+"))):
        return None, None
    return Fraction(whole or 0) + Fraction(top) / Fraction(bottom), None


def _arithmetic(text: str) -> Number | None:
    """Read arithmetic, with or without a percent sign after it."""
    bare = text.removesuffix("%").rstrip()
    value = rational(bare)
    return None if value is None else Number(value, percent=bare != text)


def _repeating(found: re.Match[str]) -> Number:
    block = found["braced"] or found["bare"] or found["fenced"] or found["digit"]
    fixed = found["fixed"]
    value = Fraction(int(found["whole"] or 0))
    value += Fraction(int(f"{fixed}{block}") - int(fixed or 0), (10 ** len(block) - 1) * 10 ** len(fixed))
    return Number(-value if found["sign"] == "-" else value, bool(found["percent"].strip()))


def _in_base(digits: str, named: str) -> Number | None:
    base = _BASES.get(named) or int(named)
    if not 2 <= base <= 36 or not (digits.isupper() or any(sign.isdigit() for sign in digits)):
        return None
    try:
        value = int(digits, base)
    except ValueError:
        return None
    return Number(Fraction(value), base=base, digits=digits.upper())


def _same_in_base(gold: Number, other: Number) -> bool:
    if gold.base and other.base:
        return gold.value == other.value and gold.base == other.base
    if gold.base:
        return str(other.value) == gold.digits
    return gold.value == other.value


def _stands_for(gold: Number, other: Number) -> bool:
    """Tell whether `other` is the repeating decimal of `gold`, rounded or truncated."""
    if other.places is None or other.places < _ROUNDED_PLACES or _ends(gold.value):
        return False
    scale = 10**other.places
    scaled, exact = abs(other.value) * scale, abs(gold.value) * scale
    return (other.value < 0) == (gold.value < 0) and scaled in (round(exact), exact.__floor__())


def _ends(value: Fraction) -> bool:
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return rest == 1


_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_UNITS.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), 2)
}


def number_in_words(words: str) -> int | None:
    """Return the whole number up to 999 that `words` spell, None if they do not spell one."""
    parts = [part for part in words.lower().replace("-", " ").split() if part != "and"]
    hundreds, rest = 0, parts
    if len(parts) > 1 and parts[1] == "hundred":
        hundreds, rest = 100 * _SMALL.get(parts[0], 10), parts[2:]
    values = [_SMALL.get(part, -1) for part in rest]
    if hundreds >= 1_000 or -1 in values or not parts:
        return None
    if len(values) == 2 and not (values[0] >= 20 and 0 < values[1] < 10):
        return None
    return None if len(values) > 2 else hundreds + sum(values)
