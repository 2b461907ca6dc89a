"""Questions that the embedded model was trained for and is often wrong on; its card has the figures."""

import re

from vtc_r1.backends.embedded import MODEL
from vtc_r1.documents import Document
from vtc_r1.exercises import read

FOUND = {4: 85, 8: 64, 16: 41, 24: 36}
"""By lines of a document, percent of its values that the model finds."""
SHORT = {5: 12, 6: 16}
"""By operations of an expression, characters below which the model takes one term for another."""
_STEP = re.compile(r"(-?\d{3})([+-])\d{3}=")
"""A sum or difference of two numbers of three digits."""


def doubts(asked: str, documents: tuple[Document, ...]) -> list[str]:
    """Say why the model may be wrong, a sentence each.

    Args:
        asked: the question, in the form that the model takes.
        documents: its documents, likewise.
    """
    said = _of_documents(documents) if documents else _of_expressions(asked)
    return [f"{MODEL} {sentence}: its answers may be wrong" for sentence in said]


def _of_documents(documents: tuple[Document, ...]) -> list[str]:
    lines = sum(document.written.count("\n") + 1 for document in documents)
    known = max((most for most in FOUND if most <= lines), default=None)
    if known is None:
        return []
    return [f"finds {FOUND[known]} % of the values in documents of {known} lines, and fewer in longer ones"]


def _of_expressions(asked: str) -> list[str]:
    exercise, said = read(asked), list[str]()
    if exercise is None or exercise.kind != "expression":
        return said
    operations = len(exercise.lines)
    if len(asked) < SHORT.get(operations, 0):
        short = f"{operations} operations in fewer than {SHORT[operations]} characters"
        said.append(f"often loses its place in {short}, such as sums of one-digit numbers")
    if any(is_far_difference(line) for line in exercise.lines):
        said.append("often gets the difference of two numbers of three digits wrong")
    return said


def is_far_difference(line: str) -> bool:
    """Tell whether a step takes one number of three digits from another, whichever is the larger."""
    found = _STEP.match(line)
    return found is not None and found[1].startswith("-") == (found[2] == "+")
