r"""Units of measure: their names and symbols, dimensions and sizes.

A unit is a product of powers of base units, times a factor: `km/h` is metre¹ second⁻¹ times 1000/3600.
Each currency, each temperature scale and the plain word `units` is a base unit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

_ONE = Fraction(1)


@dataclass(frozen=True)
class Unit:
    """A unit of measure.

    Attributes:
        powers: base units with their powers, sorted by name.
        factor: its size in terms of their product.
    """

    powers: tuple[tuple[str, int], ...]
    factor: Fraction = _ONE

    def raised(self, power: int) -> "Unit":
        """Return this unit raised to a power."""
        return Unit(tuple((base, one * power) for base, one in self.powers), self.factor**power)

    def times(self, other: "Unit") -> "Unit":
        """Return the product of two units."""
        powers = dict(self.powers)
        for base, power in other.powers:
            powers[base] = powers.get(base, 0) + power
        kept = tuple(sorted((base, power) for base, power in powers.items() if power))
        return Unit(kept, self.factor * other.factor)

    def scaled(self, power: int) -> "Unit":
        """Return this unit times a power of 10."""
        return Unit(self.powers, self.factor * Fraction(10) ** power)


def ratio(one: Unit, other: Unit) -> Fraction | None:
    """Return how many of `one` make up one `other`, None if they measure different things.

    Plain `units` match any length, area or volume; plain degrees match any temperature scale.
    """
    if one.powers == other.powers:
        return other.factor / one.factor
    for vague, exact in ((one, other), (other, one)):
        if len(vague.powers) == len(exact.powers) == 1:
            (base, power), (other_base, other_power) = vague.powers[0], exact.powers[0]
            if power == other_power and other_base in _VAGUE.get(base, ()):
                return _ONE
    return None


_VAGUE = {"unit": ("m",), "degree": ("celsius", "fahrenheit")}


def _base(name: str, factor: Fraction | int = 1) -> Unit:
    return Unit(((name, 1),), Fraction(factor))


def _derived(factor: Fraction | int = 1, **powers: int) -> Unit:
    return Unit(tuple(sorted(powers.items())), Fraction(factor))


_INCH = Fraction(254, 10_000)
_POUND = Fraction(45_359_237, 100_000)
_GALLON = 231 * _INCH**3
_CUBIC_CENTIMETRE = Fraction(1, 1_000_000)
_WORDS: Mapping[str, Unit] = {
    "meter metre": _base("m"),
    "gram gramme gm": _base("g"),
    "kg": _base("g", 1_000),
    "tonne": _base("g", 1_000_000),
    "ton": _base("ton"),
    "second sec": _base("s"),
    "minute min": _base("s", 60),
    "hour hr": _base("s", 3_600),
    "day": _base("s", 86_400),
    "week wk": _base("s", 604_800),
    "month": _base("month"),
    "year yr": _base("month", 12),
    "inch inche in": _base("m", _INCH),
    "foot feet ft": _base("m", 12 * _INCH),
    "yard yd": _base("m", 36 * _INCH),
    "mile mi": _base("m", 63_360 * _INCH),
    "pound lb": _base("g", _POUND),
    "ounce oz": _base("g", _POUND / 16),
    "liter litre": _derived(1_000 * _CUBIC_CENTIMETRE, m=3),
    "ml cc": _derived(_CUBIC_CENTIMETRE, m=3),
    "gallon gal": _derived(_GALLON, m=3),
    "quart qt": _derived(_GALLON / 4, m=3),
    "pint": _derived(_GALLON / 8, m=3),
    "cup": _derived(_GALLON / 16, m=3),
    "tablespoon tbsp": _derived(_GALLON / 256, m=3),
    "teaspoon tsp": _derived(_GALLON / 768, m=3),
    "acre": _derived(43_560 * (12 * _INCH) ** 2, m=2),
    "hectare ha": _derived(10_000, m=2),
    "mph": _derived(63_360 * _INCH / 3_600, m=1, s=-1),
    "kmh kmph kph": _derived(Fraction(1_000, 3_600), m=1, s=-1),
    "knot": _base("knot"),
    "joule": _derived(1_000, g=1, m=2, s=-2),
    "newton": _derived(1_000, g=1, m=1, s=-2),
    "watt": _derived(1_000, g=1, m=2, s=-3),
    "pascal": _derived(1_000, g=1, m=-1, s=-2),
    "volt": _derived(1_000, A=-1, g=1, m=2, s=-3),
    "ohm": _derived(1_000, A=-2, g=1, m=2, s=-3),
    "farad": _derived(Fraction(1, 1_000), A=2, g=-1, m=-2, s=4),
    "tesla": _derived(1_000, A=-1, g=1, s=-2),
    "coulomb": _derived(A=1, s=1),
    "ampere amp": _base("A"),
    "hertz hz": _derived(s=-1),
    "kelvin": _base("K"),
    "mole": _base("mol"),
    "calorie": _base("cal"),
    "byte": _base("byte"),
    "bit": _base("bit"),
    "degree deg": _base("degree"),
    "radian rad": _base("radian"),
    "celsius": _base("celsius"),
    "fahrenheit": _base("fahrenheit"),
    "dollar usd buck": _base("dollar"),
    "cent penny pennie ¢": _base("dollar", Fraction(1, 100)),
    "euro eur €": _base("euro"),
    "sterling gbp £": _base("sterling"),
    "pence": _base("sterling", Fraction(1, 100)),
    "rupee inr rs ₹": _base("rupee"),
    "yen jpy": _base("yen"),
    "yuan rmb cny 元": _base("yuan"),
    "ruble rouble": _base("ruble"),
    "unit": _base("unit"),
}
_BY_WORD = {word: unit for words, unit in _WORDS.items() for word in words.split()}
_SIGNS: Mapping[str, Unit] = {
    **{"m": _base("m"), "g": _base("g"), "s": _base("s"), "l": _BY_WORD["liter"], "L": _BY_WORD["liter"]},
    **{"J": _BY_WORD["joule"], "N": _BY_WORD["newton"], "W": _BY_WORD["watt"], "Pa": _BY_WORD["pascal"]},
    **{"V": _BY_WORD["volt"], "C": _BY_WORD["coulomb"], "A": _base("A"), "Hz": _BY_WORD["hertz"]},
    **{"mol": _base("mol"), "K": _base("K"), "T": _BY_WORD["tesla"], "eV": _base("eV"), "B": _base("byte")},
    **{"F": _BY_WORD["farad"], "Omega": _BY_WORD["ohm"], "cal": _base("cal"), "bar": _base("bar")},
    **{"h": _base("s", 3_600), "Wh": _derived(3_600_000, g=1, m=2, s=-2), "rpm": _base("rpm")},
}
_PREFIXES: Mapping[str, int] = {
    **{"k": 3, "M": 6, "G": 9, "T": 12, "d": -1, "c": -2, "m": -3, "mu": -6, "u": -6, "n": -9, "p": -12},
    **{"kilo": 3, "mega": 6, "giga": 9, "deci": -1, "centi": -2, "milli": -3, "micro": -6, "nano": -9},
}
_CHINESE = {
    **{
        "米": "m",
        "厘米": "cm",
        "毫米": "mm",
        "分米": "dm",
        "千米": "km",
        "公里": "km",
        "克": "g",
        "千克": "kg",
    },
    **{"公斤": "kg", "秒": "s", "分钟": "minute", "小时": "hour", "天": "day", "年": "year", "升": "L"},
    **{"毫升": "mL", "吨": "tonne", "度": "degree", "美元": "dollar", "欧元": "euro", "元": "yuan"},
}
_SPELLED_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_AFTER = {"squared": 2, "cubed": 3}
_JOINS = {"/": -1, "per": -1, "-": 1, "\\cdot": 1}
_CHINESE_POWERS = {"平方": 2, "立方": 3}


@cache
def named(word: str) -> Unit | None:
    """Return the unit with a name or symbol, None if there is none."""
    if word in _SIGNS:
        return _SIGNS[word]
    for prefix, power in _CHINESE_POWERS.items():
        if word.startswith(prefix) and (chinese := _CHINESE.get(word.removeprefix(prefix))):
            unit = named(chinese)
            return unit.raised(power) if unit else None
    if word in _CHINESE:
        return named(_CHINESE[word])
    lower = word.lower()
    for spelled in (lower, lower.removesuffix("s"), lower.removesuffix("es")):
        if spelled in _BY_WORD:
            return _BY_WORD[spelled]
    for prefix, power in _PREFIXES.items():
        rest = word.removeprefix(prefix) if len(prefix) < 3 else lower.removeprefix(prefix).removesuffix("s")
        table = _SIGNS if len(prefix) < 3 else _BY_WORD
        if word.lower().startswith(prefix.lower()) and rest != word and rest in table:
            return table[rest].scaled(power)
    return None


Word = tuple[str, int]
"""A word and its power, 1 by default."""


def leading_unit(words: Iterable[Word]) -> tuple[Unit | None, list[Word]]:
    """Read the longest unit at the start of `words`, such as `km per hour`; return it and the rest."""
    left, found, sign = list(words), None, 1
    while left:
        before = list(left)
        power, (word, raised) = 1, left.pop(0)
        if word.lower().rstrip(".") in _SPELLED_POWERS and left:
            power = _SPELLED_POWERS[word.lower().rstrip(".")]
            word, raised = left.pop(0)
        unit = named(word.rstrip("."))
        if unit is None or (word == "in" and raised == 1 and left and left[0][0] not in _JOINS):
            return found, before if sign == 1 else [("per", 1), *before]
        if left and left[0][0].lower() in _AFTER:
            power = _AFTER[left.pop(0)[0].lower()]
        unit = unit.raised(power * raised * sign)
        found, sign = unit if found is None else found.times(unit), 1
        if left and left[0][0] in _JOINS:
            sign = _JOINS[left.pop(0)[0]]
    return found, left
