"""Asking a backend directly, one segment at a time."""

from contextlib import aclosing
from typing import Any

from tests.loopback import MODEL
from vtc_r1.backends.base import Completion, Delta, Piece, Request, Restart
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.backends.wire.retrying import Retries
from vtc_r1.configuration import Sampling
from vtc_r1.prompts.prompt import Prompt

QUICK = Retries(first=0.01, longest=0.02, patience=5.0, hope=0.2)


OPENED: list[OpenAIBackend] = []


def backend(url: Any, **options: Any) -> OpenAIBackend:
    """A backend that waits little between attempts, and is closed after the test."""
    OPENED.append(OpenAIBackend(url, MODEL, **{"retries": QUICK, **options}))
    return OPENED[-1]


def request(
    solve: str = "",
    seconds: float | None = None,
    question: str = "What is 6 times 7?",
    sampling: Sampling | None = None,
) -> Request:
    return Request(Prompt(None, (question,)), sampling or Sampling(), 64, solve, seconds)


async def pieces(asked: OpenAIBackend, **options: Any) -> list[Piece]:
    """All pieces of one segment."""
    async with aclosing(asked.generate(request(**options))) as given:
        return [piece async for piece in given]


async def ask(asked: OpenAIBackend, **options: Any) -> Completion:
    """One segment, which its pieces since the last restart must add up to."""
    found = await pieces(asked, **options)
    last = found[-1]
    assert isinstance(last, Completion)
    text = ""
    for piece in found:
        text = "" if isinstance(piece, Restart) else text + piece.text if isinstance(piece, Delta) else text
    assert text == last.text
    return last
