"""Imported once, by the server that grading processes are forked from: each of them then starts at once.

Importing this module imports math-verify, where it is installed, and has some formulas compared, which
builds the tables of its grammar and imports the parts of sympy that are needed only then.
"""

import logging
import sys
from contextlib import suppress
from types import TracebackType

from vtc_r1.eval.grading import worker

_FORMULAS = (
    ("\\frac{x}{2}", "0.5x"),
    ("y = 2x + 3", "4x - 2y + 6 = 0"),
    ("\\tan^2 x + 1", "\\sec^2 x"),
    ("\\frac{1}{\\sqrt{2}+1}", "\\sqrt{2} - 1"),
    ("x < 3", "-x > -3"),
    ("\\log_2 8 + e^{\\pi}", "3 + e^{\\pi}"),
)

_report = sys.excepthook


def _uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Report an uncaught exception, unless it is of a process whose pool was closed before it began."""
    frame = traceback
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    is_late = frame is not None and frame.tb_frame.f_globals.get("__name__") == "multiprocessing.synchronize"
    if not (is_late and issubclass(kind, FileNotFoundError)):
        _report(kind, error, traceback)


sys.excepthook = _uncaught
logging.getLogger("math_verify").setLevel(logging.ERROR)
with suppress(ImportError):
    import math_verify  # noqa: F401

    for one, other in _FORMULAS:
        worker.decide(one, other)
