"""Questions that the embedded model was trained for and often gets wrong; its card has the figures."""

import re

from vtc_r1.backends.embedded import MODEL
from vtc_r1.documents import Document
from vtc_r1.exercises import read

FOUND = {4: 85, 8: 64, 16: 41, 24: 36}
"""Percentage of values that the model finds, by the number of lines of a document."""
SHORT = {5: 12, 6: 16}
"""Length in characters below which the model confuses terms, by the number of operations of an expression."""
_STEP = re.compile(r"(-?\d{3})([+-])\d{3}=")  #: a sum or difference of two three-digit numbers


def doubts(asked: str, documents: tuple[Document, ...]) -> list[str]:
    """Return the reasons why the model may be wrong, one sentence each.

    Args:
        asked: the question, in the form that the model takes.
        documents: its documents, in that form too.
    """
    reasons = _of_documents(documents) if documents else _of_expressions(asked)
    return [f"{MODEL} {reason}: its answers may be wrong" for reason in reasons]


def _of_documents(documents: tuple[Document, ...]) -> list[str]:
    lines = sum(document.written.count("\n") + 1 for document in documents)
    known = max((most for most in FOUND if most <= lines), default=None)
    if known is None:
        return []
    return [f"finds {FOUND[known]} % of the values in documents of {known} lines, and fewer in longer ones"]


def _of_expressions(asked: str) -> list[str]:
    exercise, reasons = read(asked), list[str]()
    if exercise is None or exercise.kind != "expression":
        return reasons
    operations = len(exercise.lines)
    if len(asked) < SHORT.get(operations, 0):
        short = f"{operations} operations in fewer than {SHORT[operations]} characters"
        reasons.append(f"often loses its place in {short}, such as sums of one-digit numbers")
    if any(is_far_difference(line) for line in exercise.lines):
        reasons.append("often gets the difference of two three-digit numbers wrong")
    return reasons


def is_far_difference(line: str) -> bool:
    """Tell whether a step subtracts one three-digit number from another, whichever is larger."""
    found = _STEP.match(line)
    return found is not None and found[1].startswith("-") == (found[2] == "+")
