r"""Units of measure: their names and symbols, dimensions and sizes.

A unit is a product of powers of base units, times a factor: `km/h` is metre¹ second⁻¹ times 1000/3600.
Each currency, each temperature scale and the plain word `units` is a base unit.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources

_ONE = Fraction(1)


@dataclass(frozen=True)
class Unit:
    """A unit of measure."""

    powers: tuple[tuple[str, int], ...]  #: base units with their powers, sorted by name
    factor: Fraction = _ONE  #: its size in terms of their product

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


def _read(names: Mapping[str, str], known: Mapping[str, Unit]) -> dict[str, Unit]:
    """Read definitions such as `231 inch^3`, in terms of `known` and earlier units; other names are bases."""
    found = dict(known)
    for words, definition in names.items():
        factor, *parts = definition.split()
        unit = Unit((), Fraction(factor))
        for part in parts:
            name, _, power = part.partition("^")
            unit = unit.times(found.get(name, Unit(((name, 1),))).raised(int(power or 1)))
        found |= dict.fromkeys(words.split(), unit)
    return found


_TABLES = tomllib.loads((resources.files("vtc_r1.eval.grading") / "units.toml").read_text("utf-8"))
_BY_WORD = _read(_TABLES["words"], {})
_SYMBOLS = {
    name: _read({name: definition}, _BY_WORD)[name] for name, definition in _TABLES["symbols"].items()
}
_PREFIXES: Mapping[str, int] = _TABLES["prefixes"]
_CHINESE: Mapping[str, str] = _TABLES["chinese"]
_SPELLED_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_AFTER = {"squared": 2, "cubed": 3}
_JOINS = {"/": -1, "per": -1, "-": 1, "\\cdot": 1}
_CHINESE_POWERS = {"平方": 2, "立方": 3}


@cache
def named(word: str) -> Unit | None:
    """Return the unit with a name or symbol, None if there is none."""
    if word in _SYMBOLS:
        return _SYMBOLS[word]
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
        table = _SYMBOLS if len(prefix) < 3 else _BY_WORD
        if word.lower().startswith(prefix.lower()) and rest != word and rest in table:
            return table[rest].scaled(power)
    return None


Word = tuple[str, int]  #: a word and its power, 1 by default


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
        # `in` means inches only at the end or before another unit: `5 in total` has none.
        if unit is None or (word == "in" and raised == 1 and left and left[0][0] not in _JOINS):
            return found, before if sign == 1 else [("per", 1), *before]
        if left and left[0][0].lower() in _AFTER:
            power = _AFTER[left.pop(0)[0].lower()]
        unit = unit.raised(power * raised * sign)
        found, sign = unit if found is None else found.times(unit), 1
        if left and left[0][0] in _JOINS:
            sign = _JOINS[left.pop(0)[0]]
    return found, left
