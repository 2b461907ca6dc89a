"""What runs in a grading process: computer algebra by math-verify, on what a model wrote.

The text reaches a LaTeX grammar and nothing else; no part of it is evaluated as code. Time is limited from
outside, memory here. math-verify's own timeouts are off: they need signals of the main thread.
"""

import logging
import signal
import sys
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vtc_r1.eval.grading.canonical import canonical
from vtc_r1.eval.grading.compare import same

if TYPE_CHECKING:
    from sympy import Basic

_CLOSE = 2e-6
"""Largest relative error of a decimal that stands for an exact value."""


def prepare(memory: int) -> None:
    """Make a fresh process ready: math-verify warm, bounded memory, no core dumps, killed at once."""
    from vtc_r1.eval.grading import warm  # noqa: F401

    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def decide(gold: str, other: str) -> bool:
    """Tell whether `other` is the answer `gold`."""
    return bool(same(canonical(gold), canonical(other), equal))


def equal(gold: str, other: str) -> bool:
    """Tell whether two formulas are equal by computer algebra; no where either cannot be read."""
    import math_verify

    first, second = read(gold), read(other)
    if first is None or second is None:
        return False
    try:
        if _proportional(first, second):
            return True
        found = math_verify.verify(first, second, timeout_seconds=None, raise_on_error=True)
    except MemoryError:
        raise
    except Exception:  # sympy raises whatever its algorithms raise on what they do not expect
        return False
    return bool(found) and _close(first, second)


@lru_cache(maxsize=64)
def read(formula: str) -> "Basic | None":
    """Read LaTeX as an expression, None where that fails."""
    import math_verify

    try:
        found: list[Any] = math_verify.parse(
            f"${formula}$",
            extraction_config=[math_verify.LatexExtractionConfig()],
            fallback_mode="no_fallback",
            parsing_timeout=None,
            raise_on_error=True,
        )
    except MemoryError:
        raise
    except Exception:  # likewise the parser
        return None
    return _with_imaginary(found[0]) if found else None


def _with_imaginary(expression: Any) -> Any:
    """Take the symbol i for the imaginary unit."""
    from sympy import I

    named = {symbol: I for symbol in expression.free_symbols if symbol.name == "i"}
    return expression.subs(named) if named else expression


def _proportional(first: Any, second: Any) -> bool:
    """Tell whether two equations are one, up to a factor."""
    from sympy import Eq, simplify

    if not (isinstance(first, Eq) and isinstance(second, Eq)):
        return False
    ours, theirs = simplify(first.lhs - first.rhs), simplify(second.lhs - second.rhs)
    if not (ours.free_symbols and ours.free_symbols == theirs.free_symbols):
        return False
    factor = simplify(ours / theirs)
    return bool(factor.is_number and factor.is_finite and not factor.is_zero)


def _close(first: Any, second: Any) -> bool:
    """Refuse a decimal that agrees only in its first decimal places, as of a very small number."""
    from sympy import Float

    if not (isinstance(first, Float) or isinstance(second, Float)):
        return True
    try:
        ours, theirs = float(first), float(second)
    except (TypeError, ValueError, OverflowError):
        return True
    return abs(ours - theirs) <= _CLOSE * max(abs(ours), abs(theirs), sys.float_info.min)
