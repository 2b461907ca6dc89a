"""The segments that the loopback server says: encoded once, and the same for the same request."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import wire
from workload import Problem

from vtc_r1.estimates import REASONING

MOST_TOKENS = 3_000
"""Longest segment that is sure to fit one page of the shipped profiles that servers are asked with."""
_QUESTION = 150
"""Tokens of a prompt beside its pages."""


@dataclass(frozen=True)
class Canned:
    """One segment: its text, and the events that stream it."""

    problem: int
    at: int
    text: str
    events: Sequence[bytes]
    reason: str
    usage: dict[str, Any]


class Script:
    """What is said to whom: problem N needs the segments that the workload gives it, and its answer is N.

    Which segment a request is for follows from the request alone: one earlier segment stands in its
    prompt as one page, or as one text between the question and the last part.

    Args:
        problems: tokens of every segment of every problem.
        interval: tokens in one piece of a stream.
    """

    def __init__(self, problems: list[Problem], interval: int) -> None:
        self.problems, self.interval = problems, interval

    def segment(self, body: dict[str, Any]) -> Canned:
        """Return what a request gets; raises ValueError for one that belongs to no problem."""
        number = wire.problem_named(body)
        if number is None or number >= len(self.problems):
            raise ValueError("the question names no problem of the workload")
        problem, pages = self.problems[number], wire.page_tokens(body)
        at = len(pages) or max(0, len(wire.parts(body, "text")) - 2)
        if at >= len(problem):
            raise ValueError(f"problem {number} has {len(problem)} segments, {at} stand in the prompt")
        tokens = min(problem[at], body.get("max_tokens") or problem[at])
        last = at == len(problem) - 1 and tokens == problem[at]
        opening = f"Problem {number}. "
        answer = rf"So the answer is \boxed{{{number}}}." if last else ""
        text, encoded = _shared(at, tokens, self.interval)
        usage = wire.usage_record(
            _QUESTION + sum(pages), tokens, images=sum(pages), cached=_QUESTION * (at > 0) + sum(pages[:-1])
        )
        reason = "stop" if last else "length"
        ending = wire.record("chat.completion.chunk", [], usage)
        events = (
            wire.event(wire.chunk(opening)),
            *encoded,
            *(wire.event(part) for part in (wire.chunk(answer, reason), ending)),
            wire.event("[DONE]") + wire.STREAM_END,
        )
        return Canned(number, at, opening + text + answer, events, reason, usage)


@cache
def _shared(at: int, tokens: int, interval: int) -> tuple[str, tuple[bytes, ...]]:
    """The text that all problems share, and its events."""
    text = wire.segment_text(at, at, tokens, last=False)
    count = -(-tokens // interval)
    cuts = [round(piece * interval * REASONING.characters) for piece in range(count)]
    pieces = [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    return text, tuple(wire.event(wire.chunk(piece)) for piece in pieces)
