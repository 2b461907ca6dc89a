r"""Strict parsing of LaTeX into sympy: the whole formula, or nothing.

latex2sympy, the parser of math-verify, would misread some formulas. These are refused before they reach it:
two adjacent numbers (`1 8`), words, primes (read as transposition), common divisors of letters, an integral
without a variable.
"""

import re
from functools import lru_cache
from typing import Any

_SIDE_BY_SIDE = re.compile(r"\d\s+\d")
_UNSURE = re.compile(
    r"'|\d\s*\\frac\{[^{}]*\}\{[^{}]*\}\s*\d|\\(?:gcd|lcm)(?![A-Za-z])[^)]*[A-Za-z]|\\int(?![A-Za-z])(?!.*d\s*(?:[a-z]|\\))"
)
_DEGREES = re.compile(r"(\d+(?:\.\d+)?)\s*\^\s*(?:\{\s*)?\\circ(?![A-Za-z])(?:\s*\})?")
_WORD = re.compile(
    r"(?<![A-Za-z\\])(?:[A-Za-z]{4,}|not|and|the|for|all|any|are|but|was|has|no|is|or|if|of|in|to)(?![A-Za-z])"
)
_PHRASE = re.compile(r"\\text\s*\{[^{}]*[A-Za-z]\s+[A-Za-z][^{}]*\}")
_ENVIRONMENT = re.compile(r"\\(?:begin|end|text|mathbb)\s*\{[^{}]*\}|\\operatorname\s*\{[^{}]*\}")
_COMPLEX = re.compile(r"(?<![A-Za-z\\])i(?![A-Za-z])|\\(?:imath|det|arg|Re|Im)(?![A-Za-z])|\\mathbb\{C\}")
_ITEM = re.compile(r"\\(?:ldots|dots|cdots)(?![A-Za-z])")


@lru_cache(maxsize=64)
def read(formula: str) -> Any:
    """Read canonical text as a sympy object, None if it cannot be read with certainty."""
    if any(sign.search(formula) for sign in (_SIDE_BY_SIDE, _ITEM, _PHRASE, _UNSURE)):
        return None
    if _WORD.search(_ENVIRONMENT.sub(" ", formula)):
        return None
    from latex2sympy2_extended.latex2sympy2 import (  # type: ignore[import-untyped]
        ConversionConfig,
        latex2sympy,
    )

    try:
        found = latex2sympy(
            _DEGREES.sub(r"(\1 \\cdot \\frac{\\pi}{180})", formula),
            is_real=not _COMPLEX.search(formula),
            convert_degrees=False,
            normalization_config=None,
            conversion_config=ConversionConfig(lowercase_symbols=False),
        )
        return _with_imaginary(found)
    except MemoryError:
        raise
    except Exception:  # the parser and sympy raise whatever they raise on what they do not expect
        return None


def _with_imaginary(expression: Any) -> Any:
    """Replace the symbol i by the imaginary unit."""
    from sympy import I

    named = {symbol: I for symbol in expression.free_symbols if symbol.name == "i"}
    return expression.subs(named) if named else expression
