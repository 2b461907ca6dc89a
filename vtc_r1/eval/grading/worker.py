r"""What runs in a grading process: computer algebra on what a model wrote.

The text reaches a LaTeX grammar and nothing else; no part of it is evaluated as code. The pool limits
time, `process` memory. Whatever is raised here is an outcome: the answer could not be read.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from vtc_r1.eval.grading.algebra import equal
from vtc_r1.eval.grading.canonical import canonical
from vtc_r1.eval.grading.compare import Algebra, same
from vtc_r1.eval.grading.reading import read
from vtc_r1.eval.grading.regions import same_region
from vtc_r1.eval.grading.statements import stated_answer

Outcome = Literal["yes", "no", "unreadable"]


def decide(gold: str, other: str, question: str = "") -> Outcome:
    """Tell whether `other` is the answer `gold`. Raises MemoryError and nothing else."""
    unread: list[str] = []
    algebra = Algebra(_noting(equal, unread), _noting(same_region, unread), question, unread)
    try:
        found = same(canonical(stated_answer(gold)), canonical(stated_answer(other)), algebra)
    except MemoryError:
        raise
    except Exception:  # nothing that a model wrote may end a run
        return "unreadable"
    return "yes" if found else "unreadable" if unread else "no"


def readable(formula: str) -> bool:
    """Tell whether a formula in canonical text can be read. Raises MemoryError and nothing else."""
    with suppress(MemoryError):
        return read(formula) is not None or _noting(same_region, [])(formula, formula) is not None
    return False


def _noting(ask: Callable[[str, str], bool | None], unread: list[str]) -> Callable[[str, str], bool | None]:
    """Wrap a question so that an error is noted and means no: sympy raises whatever its algorithms raise."""

    def asked(gold: str, other: str) -> bool | None:
        try:
            return ask(gold, other)
        except MemoryError:
            raise
        except Exception:
            unread.append(other)
            return False

    return asked
