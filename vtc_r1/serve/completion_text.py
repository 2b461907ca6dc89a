"""The text of a completion: the reasoning, streamed, then the answer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from vtc_r1.events import IterationStarted, SegmentFinished, SegmentRestarted, TextDelta
from vtc_r1.serve.solve import Entry
from vtc_r1.trace import Trace

RESTARTED = "\n\n[the server failed here; the segment starts again]\n\n"
BETWEEN = "\n\n"
_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_TAG = re.compile("|".join(_TAGS))


@dataclass
class SegmentReasoning:
    """The reasoning of a segment: its text without tags, and without the answer after `</think>`."""

    received: int = 0
    _pending: str = ""
    _closed: bool = False
    _answering: bool = False

    def push(self, text: str) -> str:
        """Add a piece; return the new reasoning. What may be the start of a tag is held back."""
        self.received += len(text)
        text, parts = self._pending + text, []
        at = 0
        for tag in _TAG.finditer(text):
            parts.append(self._visible(text[at : tag.start()]))
            self._pass_tag(tag.group())
            at = tag.end()
        rest = text[at:]
        held = _partial_tag(rest)
        self._pending = rest[len(rest) - held :]
        parts.append(self._visible(rest[: len(rest) - held]))
        return "".join(parts)

    def finish(self) -> str:
        """Return what was held back."""
        rest, self._pending = self._pending, ""
        return self._visible(rest)

    def _visible(self, text: str) -> str:
        return "" if self._answering else text

    def _pass_tag(self, tag: str) -> None:
        self._closed |= tag == "</think>"
        self._answering = tag == "<answer>" and self._closed


@dataclass
class ReasoningStream:
    """Turns the log of a solve into its reasoning, piece by piece."""

    _segment: SegmentReasoning = field(default_factory=SegmentReasoning)
    _has_text: bool = False

    def text(self, entries: Iterable[Entry]) -> str:
        """Return the reasoning in the next entries of the log."""
        return "".join(self._text(entry) for entry in entries)

    def _text(self, entry: Entry) -> str:
        added = ""
        match entry.event:
            case IterationStarted():
                self._segment = SegmentReasoning()
                return BETWEEN if self._has_text else ""
            case TextDelta(_, text):
                added = self._segment.push(text)
            case SegmentRestarted():
                self._segment = SegmentReasoning()
                added = RESTARTED if self._has_text else ""
            case SegmentFinished(_, text):
                added = self._segment.push(text[self._segment.received :]) + self._segment.finish()
        self._has_text |= bool(added)
        return added


def whole_reasoning(trace: Trace) -> str:
    """Return the reasoning of a finished solve, as a stream without failures would have sent it."""
    parts = []
    for iteration in trace.iterations:
        segment = SegmentReasoning()
        parts.append(segment.push(iteration.text) + segment.finish())
    while parts and not parts[0]:
        parts.pop(0)
    return BETWEEN.join(parts)


ANSWER = "ANSWER"
"""Placeholder of the answer in `--answer-as`."""


def content(trace: Trace, form: str, stops: Iterable[str]) -> str:
    """Return the answer in its form, cut before the first of the `stops`; empty without an answer."""
    answer = "" if trace.answer is None else form.replace(ANSWER, trace.answer)
    return min((answer.split(stop, 1)[0] for stop in stops), key=len, default=answer)


def finish_reason(trace: Trace) -> str:
    """Return OpenAI's finish reason: `length` if no answer was reached."""
    return "length" if trace.answer is None else "stop"


def _partial_tag(text: str) -> int:
    """Return the number of characters at the end of `text` that may be the start of a tag."""
    at = text.rfind("<", max(0, len(text) - max(map(len, _TAGS)) + 1))
    return len(text) - at if at >= 0 and any(tag.startswith(text[at:]) for tag in _TAGS) else 0
