r"""Twelve ways in which models write an answer that is right, each a function from gold to spellings."""

import re
from collections.abc import Callable
from fractions import Fraction

INTEGER = re.compile(r"-?\d+")
DECIMAL = re.compile(r"-?\d*\.\d+")
FRACTION = re.compile(r"(-?)\\d?frac\{(\d+)\}\{(\d+)\}")
SEPARATED = re.compile(r"\d{1,3}(?:,(?:\\!\s*)?\d{3})+")
QUANTITY = re.compile(r"-?[\d.]+|-?\\d?frac\{\d+\}\{\d+\}|\d*\s*\\sqrt\{?\d+\}?|\d*\s*\\pi")
INTERVAL = re.compile(r"(?:\\left)?([(\[])\s*(.+?),\s*(.+?)\s*(?:\\right)?([)\]])")
Spell = Callable[[str, str], list[str]]
"""From question and gold to spellings of the gold; none where the form does not apply."""


def boxed(question: str, gold: str) -> list[str]:
    return [f"\\boxed{{{gold}}}", f"$\\boxed{{{gold}}}$", f"\\[\n\\boxed{{{gold}}}\n\\]"]


def dfrac(question: str, gold: str) -> list[str]:
    if "frac" not in gold:
        return []
    plain = gold.replace("\\dfrac", "\\frac")
    return [plain.replace("\\frac", f"\\{name}") for name in ("dfrac", "tfrac", "frac")]


def spaces(question: str, gold: str) -> list[str]:
    if "\\text" in gold or "\\mbox" in gold:
        return [f"  {gold}\n"]
    wide = re.sub(r"(?<![(\[{,\s^_]) *([+=]|(?<=[\w})])-) *", r" \1 ", gold)
    close = re.sub(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z\s])", "", gold)
    return [f" {gold} ", f"\\ {wide}\\,", close if "matrix" not in gold else gold]


def units(question: str, gold: str) -> list[str]:
    if found := re.fullmatch(r"(.*?)\s*\\(?:text|mbox)\{\s*(degrees|inches|cents|cm)\}(\^2)?", gold):
        power = found[3] or ""
        return [found[1], f"{found[1]} {found[2]}{power}", f"{found[1]}\\ \\mathrm{{{found[2]}}}{power}"]
    if not QUANTITY.fullmatch(gold):
        return []
    return [
        f"{gold}\\text{{ units}}",
        f"{gold} \\text{{ cm}}^2",
        f"{gold}\\ \\mathrm{{km}}",
        f"{gold} square units",
    ]


def assigned(question: str, gold: str) -> list[str]:
    if (
        "=" in gold
        or "\\in" in gold
        or (re.search(r"\\text|\\mbox|(?<!\d),|,(?!\d{3}|\\!)", gold) and gold[0] not in "(\\")
    ):
        return []
    if "\\text" in gold or "\\mbox" in gold:
        return []
    return [f"x={gold}", f"k = {gold}"]


def degrees(question: str, gold: str) -> list[str]:
    if "\\circ" not in gold:
        return []
    bare = gold.replace("^\\circ", "")
    return [
        bare,
        f"{bare}°",
        f"{bare}^{{\\circ}}",
        f"{bare} degrees",
        f"{bare}\\text{{ degrees}}",
        f"{bare}\\degree",
    ]


def rewritten_number(question: str, gold: str) -> list[str]:
    if INTEGER.fullmatch(gold):
        sign, digits = ("-", gold[1:]) if gold.startswith("-") else ("", gold)
        return [f"{gold}.0", f"{gold}.", f"{sign}\\frac{{{2 * int(digits)}}}{{2}}"]
    if DECIMAL.fullmatch(gold):
        value = Fraction(gold)
        return [
            f"\\frac{{{value.numerator}}}{{{value.denominator}}}",
            f"{value.numerator}/{value.denominator}",
            gold + "0",
        ]
    if found := FRACTION.fullmatch(gold):
        top, bottom = int(found[2]), int(found[3])
        spelled = [f"{found[1]}{top}/{bottom}", f"{found[1]}\\frac{{{3 * top}}}{{{3 * bottom}}}"]
        ends = (
            re.fullmatch(r"-?\d+(?:\.\d{1,12})?", str(top / bottom))
            and Fraction(str(top / bottom)) * bottom == top
        )
        return [*spelled, f"{found[1]}{top / bottom}"] if ends else spelled
    return []


def intervals(question: str, gold: str) -> list[str]:
    bare = gold.removeprefix("x \\in ")
    parts = bare.split(" \\cup ")
    found = [INTERVAL.fullmatch(part) for part in parts]
    is_set = len(parts) > 1 or "infty" in gold or "\\in" in gold or re.search(r"[\[\]]", gold)
    if not is_set or not all(found) or "matrix" in gold:
        return []
    fenced = [f"\\left{part[1]} {part[2]}, {part[3]} \\right{part[4]}" for part in found if part]
    spelled = ["\\cup".join(fenced), f"x \\in {bare}", bare.replace(" ", "")]
    return [*spelled, inequality(found[0])] if len(parts) == 1 and found[0] else spelled


def inequality(found: re.Match[str]) -> str:
    low, high = found[2], found[3]
    left, right = ("\\le" if found[1] == "[" else "<"), ("\\le" if found[4] == "]" else "<")
    if "infty" in low:
        return f"x {right} {high}"
    return f"{low} {left} x" if "infty" in high else f"{low} {left} x {right} {high}"


def other_order(question: str, gold: str) -> list[str]:
    if " \\cup " in gold:
        return [" \\cup ".join(reversed(gold.split(" \\cup ")))]
    if " \\pm " in gold and "{" not in gold.partition(" \\pm ")[0]:
        first, _, second = gold.partition(" \\pm ")
        return [f"{first} - {second}, {first} + {second}", f"\\{{{first} + {second}, {first} - {second}\\}}"]
    inside = gold.removeprefix("\\{").removesuffix("\\}")
    if "," not in inside or SEPARATED.fullmatch(gold) or gold[0] in "(x" or "\\left" in gold or "$" in gold:
        return []
    if re.search(r"\\!|matrix", gold):
        return []
    items = [item.strip() for item in inside.split(",")][::-1]
    return [
        ", ".join(items),
        f"\\{{{','.join(items)}\\}}",
        "\\text{ and }".join(items) if len(items) == 2 else ",".join(items),
    ]


def percent(question: str, gold: str) -> list[str]:
    if "percent" not in question.lower() or not (INTEGER.fullmatch(gold) or DECIMAL.fullmatch(gold)):
        return []
    return [f"{gold}\\%", f"{gold}%", f"{gold} percent", f"{gold}\\text{{ percent}}"]


def thousands(question: str, gold: str) -> list[str]:
    if "cup" not in gold and (found := SEPARATED.search(gold)):
        bare = re.sub(r"\D", "", found[0])
        return [gold.replace(found[0], bare), gold.replace(found[0], f"{int(bare):,}".replace(",", "{,}"))]
    if not re.fullmatch(r"-?\d{4,}", gold):
        return []
    return [f"{int(gold):,}".replace(",", mark) for mark in (",", "{,}", ",\\!", "\\,")]


def full_stop(question: str, gold: str) -> list[str]:
    return [f"{gold}.", f"${gold}$.", f"\\({gold}\\)."]


FORMS: dict[str, Spell] = {
    "box": boxed,
    "dfrac": dfrac,
    "spaces": spaces,
    "units": units,
    "x =": assigned,
    "degrees": degrees,
    "decimal, fraction": rewritten_number,
    "interval": intervals,
    "set in other order": other_order,
    "percent": percent,
    "thousands": thousands,
    "full stop": full_stop,
}
