"""Answers that are wrong but near: off by one, another sign, swapped coordinates, the other bracket."""

import random
import re
from collections.abc import Iterator

_DIGITS = re.compile(r"\d+")
_SAME = str.maketrans("", "", " $%°")


def near(gold: str, rng: random.Random) -> list[str]:
    """Wrong answers near `gold`, some of each kind that applies."""
    found = [*_digits(gold, rng), *_signs(gold), *_brackets(gold), *_swaps(gold), *_extras(gold)]
    return [answer for answer in dict.fromkeys(found) if _bare(answer) != _bare(gold)]


def pairs(golds: list[str], wanted: int, seed: int = 0) -> list[tuple[str, str]]:
    """`wanted` pairs of a gold answer and a wrong one: near misses, then other problems' answers."""
    rng = random.Random(f"wrong:{seed}")
    close = [(gold, answer) for gold in golds for answer in near(gold, rng)]
    rng.shuffle(close)
    chosen = close[: wanted * 3 // 4]
    while len(chosen) < wanted:
        gold, answer = rng.choice(golds), rng.choice(golds)
        if _bare(gold) != _bare(answer):
            chosen.append((gold, answer))
    return chosen


def _bare(answer: str) -> str:
    """What two spellings of one gold answer of this data share, so that no pair is one answer twice."""
    text = answer.translate(_SAME).replace("\\!", "").replace("\\dfrac", "\\frac").replace("^\\circ", "")
    text = re.sub(r"^[a-z]=", "", text.replace("\\", "").replace("left", "").replace("right", ""))
    text = re.sub(r"^frac(\d)(\d)$", r"frac{\1}{\2}", text)
    return re.sub(r"(\d),(?=\d{3}(?!\d))", r"\1", text)


def _digits(gold: str, rng: random.Random) -> Iterator[str]:
    """One number of the answer off by one, tenfold, or with two digits swapped."""
    numbers = list(_DIGITS.finditer(gold))
    if not numbers:
        return
    for found in rng.sample(numbers, min(3, len(numbers))):
        value = int(found[0])
        is_decimal = gold[: found.start()].endswith(".")
        for other in (
            value + 1,
            value - 1 if value > 2 else value + 2,
            value * 10 + is_decimal if value else 10,
        ):
            yield gold[: found.start()] + str(other) + gold[found.end() :]
        if len(found[0]) > 1 and found[0][-1] != found[0][-2]:
            yield gold[: found.start()] + found[0][:-2] + found[0][-1] + found[0][-2] + gold[found.end() :]


def _signs(gold: str) -> Iterator[str]:
    """The other sign: of all of it, and of one term."""
    if (
        re.fullmatch(r"\d.*|\\(?:frac|sqrt|pi).*", gold)
        and not re.search(r"[,=]|\\pm|\\text", gold)
        and gold != "0"
    ):
        yield f"-{gold}" if not re.search(r"[+-]", gold) else f"-({gold})"
    if gold.startswith("-") and "," not in gold:
        yield gold[1:]
    if " + " in gold:
        yield gold.replace(" + ", " - ", 1)
    elif re.search(r"[\w}]\+", gold):
        yield re.sub(r"(?<=[\w}])\+", "-", gold, count=1)
    if " - " in gold:
        yield gold.replace(" - ", " + ", 1)


def _brackets(gold: str) -> Iterator[str]:
    """An interval that has, or lacks, one of its ends."""
    if not re.search(r"infty|cup|\\in|[\[\]]", gold) or "matrix" in gold:
        return
    for old, new in (("(", "["), ("[", "("), (")", "]"), ("]", ")")):
        at = gold.rfind(old)
        if at >= 0 and "infty" not in gold[max(0, at - 7) : at + 8]:
            yield gold[:at] + new + gold[at + 1 :]
    if " \\cup " in gold:
        yield gold.partition(" \\cup ")[0]
        yield gold.replace(" \\cup ", " \\cap ")


def _swaps(gold: str) -> Iterator[str]:
    """Coordinates, rows, numerator and denominator changed over."""
    if (found := re.fullmatch(r"(\(|\\left\()(.+?),(.+?)(\)|\\right\))", gold)) and "cup" not in gold:
        yield f"{found[1]}{found[3]},{found[2]}{found[4]}"
        yield f"{found[1]}{found[2]},{found[3]},0{found[4]}"
    if "matrix" in gold and "&" not in gold:
        start, rows, end = (
            gold.partition("}")[0] + "}",
            gold.partition("}")[2].rpartition("\\end")[0],
            "\\end{pmatrix}",
        )
        yield start + " \\\\ ".join(reversed(rows.split("\\\\"))) + end
    if (found := re.fullmatch(r"(-?)\\frac\{(\d+)\}\{(\d+)\}", gold)) and found[2] != found[3]:
        yield f"{found[1]}\\frac{{{found[3]}}}{{{found[2]}}}"
        yield f"{found[1]}{found[2]}{found[3]}"
        yield f"{int(found[2]) / int(found[3]):.3f}1"


def _extras(gold: str) -> Iterator[str]:
    """Something more or less than the answer."""
    if re.fullmatch(r"-?\d+", gold):
        yield f"{gold}, {int(gold) + 1}"
        yield f"{gold}x" if gold != "0" else "x"
        yield f"\\sqrt{{{gold.lstrip('-')}}}" if gold not in ("0", "1", "-1") else "7"
        yield f"{gold}\\pi" if gold != "0" else "\\pi"
        yield f"{gold}.5"
        yield f"{gold},000" if gold != "0" else "1,000"
        yield f"{gold}^\\circ 1'"
    if "\\pi" in gold:
        yield gold.replace("\\pi", "e")
    if "\\text{" in gold and gold.startswith("\\text"):
        yield "\\text{none}"
        yield "\\text{(D)}"
    if re.fullmatch(r"[a-z0-9^ +\-]+", gold) and re.search(r"[a-z]", gold):
        yield re.sub(r"[a-z]", "w", gold)
        yield f"{gold} + 1"
