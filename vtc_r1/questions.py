"""Checks of questions, one or many; anything else is rejected with its type."""

import operator
from collections.abc import AsyncIterable, Collection, Iterable, Iterator
from typing import Any

from vtc_r1.errors import UsageError

_SHOWN = 60  #: maximum characters of a value that a message shows


def check_question(question: object, where: str = "the question") -> None:
    """Raise UsageError if this is not a question."""
    if not isinstance(question, str):
        raise UsageError(f"{where} is {_short(question)}; give a str")
    if not question.strip():
        raise UsageError(f"{where} is empty; give a problem to solve")


def check_questions(questions: Any) -> Iterable[str]:
    """Return questions with checked types: of a list at once, of other iterables as each is taken.

    Raises UsageError; an empty question passes, since only it should fail and not the others.
    """
    if isinstance(questions, str | bytes):
        raise UsageError(f"the questions are {_short(questions)}; give a list of str, or call solve for one")
    if isinstance(questions, AsyncIterable):
        raise UsageError("the questions are asynchronous; collect them into a list of str first")
    if not isinstance(questions, Iterable):
        raise UsageError(f"the questions are {_short(questions)}; give a list of str")
    checked = _checked(questions)
    return list(checked) if isinstance(questions, Collection) else checked


def check_concurrency(concurrency: Any) -> int:
    """Return the number of solves; raises UsageError if it is not a whole number of at least 1."""
    try:
        number = operator.index(concurrency)
    except TypeError as error:
        raise UsageError(f"concurrency is {_short(concurrency)}; give a whole number") from error
    if number < 1:
        raise UsageError(f"concurrency is {number}; it must be at least 1")
    return number


def check_callable(value: object, name: str) -> None:
    """Raise UsageError if this is neither a function of a question's position nor None."""
    if value is not None and not callable(value):
        raise UsageError(f"{name} is {_short(value)}; give a function of a question's position")


def _checked(questions: Iterable[Any]) -> Iterator[str]:
    for index, question in enumerate(questions):
        if not isinstance(question, str):
            raise UsageError(f"question {index} is {_short(question)}; give a str")
        yield question


def _short(value: object) -> str:
    shown = repr(value)
    return f"{shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'} ({type(value).__name__})"
