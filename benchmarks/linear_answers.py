r"""Do the linear forms mean what the LaTeX meant? Every answer of MATH500, read twice by computer algebra.

    python benchmarks/linear_answers.py math500.jsonl

Each `answer` is parsed from its LaTeX by math-verify, and from its linear form by sympy's own parser with
implicit multiplication; where both parse, the two must be equal (sets, intervals, tuples and matrices item
by item, up to simplification). Prints how many answers parse on each side, and every disagreement. Needs
`math-verify` with `antlr4-python3-runtime`; the file has one JSON object a line with the key `answer`.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import sympy
from math_verify import LatexExtractionConfig, parse, verify
from sympy.parsing.sympy_parser import (
    convert_xor,
    implicit_multiplication,
    parse_expr,
    split_symbols,
    standard_transformations,
)

from vtc_r1.renderers.latex import linear_formula

TRANSFORMATIONS = (*standard_transformations, convert_xor, split_symbols, implicit_multiplication)
FUNCTIONS = {name: getattr(sympy, name) for name in ("sin", "cos", "tan", "cot", "log", "sqrt")}
NAMES = {**FUNCTIONS, "π": sympy.pi, "i": sympy.I, "oo": sympy.oo}
ALLOWED = re.compile(r"[A-Za-z0-9π()\[\]+\-*/^., ]*")
UNIT = re.compile(r"°| ?(?:degrees|inches\^2|cm\^2|cents)$")
INTERVAL = re.compile(r"([(\[])([^()\[\],]*(?:\([^()]*\)[^()\[\],]*)*),([^,]*)([)\]])")


def read_latex(answer: str) -> Any:
    """The value of the LaTeX; None where math-verify reads none."""
    found = parse(f"${answer}$", extraction_config=[LatexExtractionConfig()], parsing_timeout=None)
    return next((value for value in found if not isinstance(value, str)), None)


def read_linear(line: str, is_point: bool = False) -> Any:
    """The value of the linear form by sympy's parser; None where it is outside that parser's grammar.

    A pair in parentheses is a point or an open interval, which only its context can tell: `is_point`.
    """
    line = UNIT.sub("", line).removeprefix("$")
    line = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", line) if re.fullmatch(r"[\d,]+", line) else line
    if match := re.fullmatch(r"\{(.*)\}", line):
        values = [read_linear(part) for item in split(match[1], ",") for part in signs(item)]
        return None if None in values else sympy.FiniteSet(*values)
    if "∪" in line:
        parts = [read_linear(part) for part in line.split("∪")]
        return None if None in parts else sympy.Union(*parts)
    if "∈" in line:
        name, _, members = line.partition("∈")
        values = [expression(name), read_linear(members)]
        return None if None in values else sympy.Eq(*values)
    if len(sides := line.split("=")) == 2:
        left, right = map(expression, sides)
        return None if None in (left, right) else sympy.Eq(left, right)
    if len(both := signs(line)) == 2:
        values = [expression(part) for part in both]
        return None if None in values else sympy.FiniteSet(*values)
    if line.startswith("[["):
        rows = [[expression(cell) for cell in split(row, ",")] for row in re.findall(r"\[([^\[\]]+)\]", line)]
        return None if any(None in row for row in rows) else sympy.Matrix(rows)
    if line[:1] in ("(", "[") and line[-1:] in (")", "]") and len(items := split(line[1:-1], ",")) > 1:
        values = [expression(item) for item in items]
        if None in values:
            return None
        if len(values) == 2 and not is_point:
            return sympy.Interval(*values, line[0] == "(", line[-1] == ")")
        return sympy.Tuple(*values)
    if len(items := split(line, ",")) > 1:
        values = [expression(item) for item in items]
        return None if None in values else sympy.FiniteSet(*values)
    return expression(line)


def signs(line: str) -> list[str]:
    """Both readings of `±`."""
    return [line.replace("±", "+"), line.replace("±", "-")] if "±" in line else [line]


def split(line: str, sign: str) -> list[str]:
    """Split at `sign` outside of parentheses."""
    items, level = [""], 0
    for character in line:
        level += (character in "([") - (character in ")]")
        if character == sign and level == 0:
            items.append("")
        else:
            items[-1] += character
    return items


def expression(line: str) -> Any:
    """One expression; None where it is outside the parser's grammar."""
    line = line.replace("∞", "oo").replace("·", "*").replace("×", "*")
    line = re.sub(r"√(\d+|[a-zπ])", r"sqrt(\1)", line).replace("√(", "sqrt(")
    line = re.sub(r"(?<![\d^_)])(\d+) (\d+/\d+)", r"(\1+\2)", line)
    line = re.sub(r"^(\d+)_\d+$", r"\1", line)
    line = re.sub(r"\b(sin|cos|tan|cot|log) ([a-z])\b", r"\1(\2)", line)
    if not ALLOWED.fullmatch(line) or not line.strip():
        return None
    if any(word not in NAMES and len(word) > 2 for word in re.findall(r"[A-Za-z]+", line)):
        return None
    try:
        return parse_expr(line, local_dict=dict(NAMES), transformations=TRANSFORMATIONS)
    except (SyntaxError, TypeError, ValueError, AttributeError):
        return None


def bare(value: Any) -> Any:
    """The value with symbols of no assumptions and in lower case, and `i` the imaginary unit."""
    names = {symbol: sympy.Symbol(symbol.name.lower()) for symbol in value.free_symbols}
    return value.xreplace(names).subs(sympy.Symbol("i"), sympy.I)


def agree(original: Any, linear: Any) -> bool:
    """Equal by math-verify in either direction, which compares sets, intervals and tuples item by item."""
    original, linear = bare(original), bare(linear)
    if isinstance(original, sympy.Expr) and isinstance(linear, sympy.Expr):
        return sympy.simplify(original - linear) == 0
    shown = {"timeout_seconds": None, "float_rounding": 10}
    return bool(verify(original, linear, **shown) or verify(linear, original, **shown))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    answers = [json.loads(row)["answer"] for row in parser.parse_args().file.read_text("utf-8").splitlines()]
    counts = dict.fromkeys(("answers", "LaTeX parses", "linear parses", "both parse", "agree"), 0)
    for answer in answers:
        line = linear_formula(answer)
        original = None if answer.startswith(r"\text{") else read_latex(answer)
        linear = read_linear(line, is_point=isinstance(original, sympy.Tuple))
        both = original is not None and linear is not None
        equal = both and agree(original, linear)
        for name, holds in zip(
            counts, (True, original is not None, linear is not None, both, equal), strict=True
        ):
            counts[name] += holds
        if both and not equal:
            print(f"disagree: {answer}  →  {line}  ({original} / {linear})")
        elif not both:
            print(f"unread:   {answer}  →  {line}")
    print(", ".join(f"{name} {count}" for name, count in counts.items()))
    return int(counts["agree"] < counts["both parse"])


if __name__ == "__main__":
    raise SystemExit(main())
