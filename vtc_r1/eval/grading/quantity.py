r"""A value with its context: units, a currency, the things counted, and words that change it.

Words that only name what is counted are kept and compared; words that scale the value (`million`, `percent`)
become part of it; if a word may change the value in another way (`is wrong`, `or less`, `pairs`), the answer
is not read.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from vtc_r1.eval.grading.numbers import number, number_in_words
from vtc_r1.eval.grading.rational import rational
from vtc_r1.eval.grading.units import Unit, Word, leading_unit, named, ratio

_SCALES = {
    **{"hundred": Fraction(100), "thousand": Fraction(1_000), "million": Fraction(10**6)},
    **{"billion": Fraction(10**9), "trillion": Fraction(10**12), "dozen": Fraction(12)},
    **{"tenth": Fraction(1, 10), "hundredth": Fraction(1, 100), "thousandth": Fraction(1, 1_000)},
    **{"万": Fraction(10**4), "亿": Fraction(10**8)},
}
_PERCENT = ("percent", "pct", "percentage", "%")
_CHANGING_WORDS = """
not no non never neither nor none without isn't aren't cannot can't is are was were be has have does do did
will would should could may might must wrong incorrect false error impossible undefined unknown invalid
maybe perhaps possibly probably unless if when but except however although until or and to between than
least most above below beyond over under within up down minus plus time times negative positive squared
cubed factorial choose mod modulo root power half infinity where since because so then thus therefore as
which that ago before after from by base pair couple score gross halve third quarter fourth fifth sixth
seventh eighth ninth twice double triple any all sin cos tan cot log exp ln sqrt pi theta correct right true
it this x y z
"""
_COUNTED_WORDS = "pair couple dozen half third quarter fourth fifth time times score"
_FILLING_WORDS = """
the a an of in on at for per each every altogether left remaining other total approximately about roughly
exactly only just around us
"""
_CHANGING = frozenset(_CHANGING_WORDS.split())
"""Words that may change the meaning of a value, in the singular."""
_COUNTED = frozenset(_COUNTED_WORDS.split())
"""Those of them that are counted things if the question asks how many there are."""
_FILLING = frozenset(_FILLING_WORDS.split())  #: words that do not describe what is counted
_OPPOSED = (
    *(("north", "south"), ("east", "west"), ("left", "right"), ("increase", "decrease"), ("gain", "loss")),
    *(("profit", "loss"), ("more", "fewer"), ("more", "less"), ("clockwise", "counterclockwise")),
    *(("deposit", "withdrawal"), ("win", "lose"), ("win", "loss"), ("male", "female"), ("boy", "girl")),
)
_CHINESE_CHANGING = frozenset("不错非没半约非无或")
_CURRENCIES = ("dollar", "euro", "sterling", "rupee", "yen", "yuan", "ruble")
_MOST_WORDS = 8
_CJK = "\u4e00-\u9fff"
_LAST = re.compile(
    rf"\s*(?:\\text\s*\{{(?P<text>[^{{}}]*)\}}\s*(?:\^\s*\{{(?P<raised>-?\d)\}})?"
    rf"|(?<=[\s\d}}])\(\s*(?P<aside>[A-Za-z]{{3,}}[A-Za-z -]*)\s*\)"
    rf"|(?P<cjk>[{_CJK}]+)|(?P<sign>[/¢€£¥₹]|\\Omega)"
    rf"|\^\s*\\circ\s*(?P<scale>[CF](?![A-Za-z]))?)\s*$"
)
_LAST_WORD = re.compile(
    r"(?P<before>^|[\s\d)}%/¢€£₹])(?P<word>[A-Za-z](?:[A-Za-z'.-]*[A-Za-z.])?)(?:\s*\^\s*\{(?P<power>-?\d)\})?\s*$"
)
_LEAD = re.compile(
    r"(?P<sign>[+-]?)\s*(?:\\text\s*\{\s*(?P<text>[A-Za-z]+)\.?\s*\}"
    r"|(?P<code>[A-Z]{3}|Rs)\.?(?=\s*[\d.])|(?P<symbol>[€£¥₹])|US(?=\s*\\text\s*\{dollars\}))\s*"
)
_PART = re.compile(
    r"(?P<number>\d+(?:\.\d+)?|\\frac\{\d+\}\{\d+\})\s*"
    r"(?:\\text\s*\{\s*(?P<text>[A-Za-z]+)\.?\s*,?\s*\}|(?P<word>[A-Za-z]+)\.?)\s*,?\s*"
)
_FUNCTION = re.compile(r"\\(?:arc)?(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])")
_DECIMAL = re.compile(r"[+-]?[\d,]*\.\d+")
_UNIT_BEFORE = re.compile(r"([A-Za-z]{2,})\s*/$")
_BEFORE_SIGN = "0123456789})/%."
_MEASURED = re.compile(r"\\text\s*\{\s*([^{}]*\d[^{}]*)\}")
_WORD = re.compile(rf"[A-Za-z][A-Za-z'.-]*|/|[{_CJK}]+|[¢€£¥₹%]|[^\s(),;:]")
_ENGLISH = re.compile(r"[A-Za-z][A-Za-z'-]*\.?")


@dataclass(frozen=True)
class Quantity:
    """A value with its unit and the things it counts."""

    value: str  #: canonical text of the value itself, scales included
    unit: Unit | None = None  #: its unit, None if it has none
    nouns: frozenset[str] = frozenset()  #: words that name what is counted, in the singular


def quantity(text: str, question: str = "", *, measured: bool = False) -> Quantity | None:
    """Split canonical text into a value and its context; None if a word may change the value.

    Args:
        text: canonical text.
        question: the question; it may ask for pairs.
        measured: read a single letter after a number as a unit if it is the symbol of one.
    """
    if whole := _MEASURED.fullmatch(text):
        text = whole[1].strip()
    if several := _several(text):
        return several
    if (exact := number(text)) is not None and exact.base is not None:
        return Quantity(text)
    body, words = _peeled(text, measured)
    words = _temperatures(words)
    currency = None
    while (lead := _LEAD.match(body)) and lead.end() < len(body):
        spelling = lead["text"] or lead["code"] or lead["symbol"]
        unit = named(spelling) if spelling else None
        if spelling and spelling != "¥" and (unit is None or unit.powers[0][0] not in _CURRENCIES):
            break
        currency, body = unit or currency, f"{lead['sign']}{body[lead.end() :]}"
    if not body:
        return Quantity(text)
    return _with_words(body, currency, words, question.lower()) if words else Quantity(body, currency)


def conversion_factor(one: Quantity, other: Quantity) -> Fraction | None:
    """Return the factor from the second's unit to the first's: 1 if either has no unit.

    None if the units measure different things, or different things are counted.
    """
    nouns, others = one.nouns, other.nouns
    for pair in _OPPOSED:
        for first, second in (pair, pair[::-1]):
            if first in nouns and first not in others and second in others:
                return None
    if one.unit and other.unit:
        return ratio(one.unit, other.unit)
    if nouns and others:
        return Fraction(1) if nouns & others else None
    mixed = (one.unit and others) or (other.unit and nouns)
    return None if mixed else Fraction(1)


def scaled(value: str, factor: Fraction) -> str:
    """Return a value multiplied by a factor, as text."""
    if factor == 1:
        return value
    exact = number(value)
    if exact is not None and exact.base is None and not exact.percent:
        return _written(exact.value * factor)
    return f"({value}) \\cdot {_written(factor)}"


def _with_words(body: str, currency: Unit | None, words: list[Word], question: str) -> Quantity | None:
    if len(words) > _MOST_WORDS or words[-1][0] == "/":
        return None
    value = body
    spelled = number_in_words(" ".join(word for word, _ in words))
    if spelled is not None:
        return Quantity(body, currency) if rational(body) == spelled else None
    while words and (scale := _SCALES.get(_singular(words[0][0]))) and not _asked(words[0][0], question):
        value, words = scaled(value, scale), words[1:]
    if words and (words[0][0].lower() in _PERCENT or _is_cent(words)):
        words = words[2:] if words[0][0].lower() == "per" else words[1:]
        value = value if value.endswith("%") else f"{value}%"
    unit, rest = leading_unit(words)
    for word, raised in rest:
        if raised != 1 or _changes(word, question):
            return None
    nouns = frozenset(_singular(word) for word, _ in rest if word not in ("/", "-", "\\cdot"))
    if currency and unit:
        unit = currency if ratio(currency, unit) == 1 else None if ratio(currency, unit) else unit
        if unit is None:
            return None
    return Quantity(value, unit or currency, nouns - _FILLING)


def _temperatures(words: list[Word]) -> list[Word]:
    """Merge phrases such as `degrees Celsius` into one word."""
    for at in range(len(words) - 1):
        scale = {"c": "celsius", "f": "fahrenheit"}.get(words[at + 1][0].lower(), words[at + 1][0].lower())
        if words[at][0].lower() in ("degree", "degrees") and scale in ("celsius", "fahrenheit"):
            return [*words[:at], (scale, 1), *words[at + 2 :]]
    return words


def _is_cent(words: list[Word]) -> bool:
    return [word.lower() for word, _ in words[:2]] == ["per", "cent"]


def _peeled(text: str, measured: bool) -> tuple[str, list[Word]]:
    """Split the words off the end of `text`; return the rest and the words."""
    words: list[Word] = []
    while text:
        if (found := _LAST.search(text)) and not (found["scale"] is None and _is_angle(found, text)):
            words = [*_words_of(found), *words]
            text = text[: found.start()].rstrip()
            continue
        found = _LAST_WORD.search(text)
        if found is None or not (_stands_apart(found, text, measured) or (words and found["word"] == "a")):
            break
        words = [(found["word"], int(found["power"] or 1)), *words]
        text = text[: found.start("word")].rstrip()
    return text.removesuffix("\\cdot").rstrip(), words


def _is_angle(found: re.Match[str], text: str) -> bool:
    """Tell whether the degrees are the argument of a function rather than the unit of the value."""
    is_degree = not any(found[name] for name in ("text", "aside", "cjk", "sign"))
    return is_degree and _FUNCTION.search(text[: found.start()]) is not None


def _stands_apart(found: re.Match[str], text: str, measured: bool) -> bool:
    """Tell a word after a value from letters of a formula: it is a unit, or follows a space."""
    word = found["word"].rstrip(".")
    if len(word) == 1:
        before = text[: found.start("word")].rstrip()
        unit = _UNIT_BEFORE.search(before)
        if word == "m" and found["power"] in ("2", "3") and _DECIMAL.fullmatch(before):
            return True
        is_compound = unit is not None and named(unit[1]) is not None
        return named(word) is not None and (is_compound or (measured and before[-1:] in _BEFORE_SIGN))
    if named(word) is not None:
        return True
    return found["before"].isspace() and (
        len(word) > 2 or word.lower() in _FILLING or word.lower() in _CHANGING
    )


def _words_of(found: re.Match[str]) -> list[Word]:
    if found["cjk"]:
        return [(part, 1) for part in re.split(r"(?<=^[万亿])", found["cjk"]) if part]
    if found["sign"]:
        return [(found["sign"].removeprefix("\\"), 1)]
    if found["text"] is None and found["aside"] is None:
        return [({"C": "celsius", "F": "fahrenheit"}.get(found["scale"] or "", "degree"), 1)]
    words: list[Word] = [(word, 1) for word in _WORD.findall(found["text"] or found["aside"] or "")]
    if words and found["raised"]:
        words[-1] = (words[-1][0], int(found["raised"]))
    return words


def _several(text: str) -> Quantity | None:
    """Read a sum of quantities in decreasing units, such as `7 hours 30 minutes`."""
    parts, at = [], 0
    while found := _PART.match(text, at):
        parts.append((rational(found["number"]), named(found["text"] or found["word"])))
        at = found.end()
    if len(parts) < 2 or at != len(text):
        return None
    first, total = parts[0][1], Fraction(0)
    for (value, unit), (_, after) in zip(parts, [*parts[1:], (None, None)], strict=True):
        share = ratio(first, unit) if first and unit else None
        if value is None or share is None or unit is None or (after and after.factor >= unit.factor):
            return None
        total += value * share
    return Quantity(_written(total), first)


def _written(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _singular(word: str) -> str:
    lower = word.lower().rstrip(".")
    if lower.endswith("ies") and len(lower) > 4:
        return lower[:-3] + "y"
    return lower if lower.endswith("ss") else lower.removesuffix("s")


def _asked(word: str, question: str) -> bool:
    """Tell whether the question asks how many of `word` there are."""
    return _singular(word) in _COUNTED and bool(
        re.search(rf"how many (?:\w+ ){{0,2}}{re.escape(_singular(word))}", question)
    )


def _changes(word: str, question: str) -> bool:
    """Tell whether a word may change the value next to it."""
    if not word.isascii():
        return bool(_CHINESE_CHANGING.intersection(word))
    lower = word.lower().rstrip(".")
    if word in ("/", "-", "\\cdot"):
        return False
    if _ENGLISH.fullmatch(word) is None or (len(lower) == 1 and lower != "a"):
        return True
    return (lower in _CHANGING or _singular(word) in _CHANGING) and not _asked(word, question)
