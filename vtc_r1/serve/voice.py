"""What a client reads of a solve: the reasoning as it grows, then the answer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from vtc_r1.events import IterationStarted, SegmentFinished, SegmentRestarted, TextDelta
from vtc_r1.serve.solve import Entry
from vtc_r1.trace import Trace

RESTARTED = "\n\n[the server failed here; the segment begins again]\n\n"
BETWEEN = "\n\n"
_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_TAG = re.compile("|".join(_TAGS))


@dataclass
class Segment:
    """The reasoning in a segment, without the tags around it and without the answer after `</think>`."""

    received: int = 0
    _held: str = ""
    _closed: bool = False
    _answering: bool = False

    def push(self, text: str) -> str:
        """Add a piece; returns what can be said of it now. The beginning of what may be a tag waits."""
        self.received += len(text)
        text, said = self._held + text, []
        at = 0
        for tag in _TAG.finditer(text):
            said.append(self._spoken(text[at : tag.start()]))
            self._turn(tag.group())
            at = tag.end()
        rest = text[at:]
        held = _unfinished(rest)
        self._held = rest[len(rest) - held :]
        said.append(self._spoken(rest[: len(rest) - held]))
        return "".join(said)

    def finish(self) -> str:
        """Say what was held back."""
        rest, self._held = self._held, ""
        return self._spoken(rest)

    def _spoken(self, text: str) -> str:
        return "" if self._answering else text

    def _turn(self, tag: str) -> None:
        self._closed |= tag == "</think>"
        self._answering = tag == "<answer>" and self._closed


@dataclass
class Voice:
    """Turns the log of a solve into what is said: `reasoning` piece by piece."""

    _segment: Segment = field(default_factory=Segment)
    _has_spoken: bool = False

    def reasoning(self, entries: Iterable[Entry]) -> str:
        """Return the reasoning in some entries of the log, in their order."""
        return "".join(self._said(entry) for entry in entries)

    def _said(self, entry: Entry) -> str:
        said = ""
        match entry.event:
            case IterationStarted():
                self._segment = Segment()
                return BETWEEN if self._has_spoken else ""
            case TextDelta(_, text):
                said = self._segment.push(text)
            case SegmentRestarted():
                self._segment = Segment()
                said = RESTARTED if self._has_spoken else ""
            case SegmentFinished(_, text):
                said = self._segment.push(text[self._segment.received :]) + self._segment.finish()
        self._has_spoken |= bool(said)
        return said


def whole_reasoning(trace: Trace) -> str:
    """Return the reasoning of a solve that is over, as a stream without failures would have said it."""
    parts = []
    for iteration in trace.iterations:
        segment = Segment()
        parts.append(segment.push(iteration.text) + segment.finish())
    while parts and not parts[0]:
        parts.pop(0)
    return BETWEEN.join(parts)


ANSWER = "ANSWER"
"""Where the answer stands in the form that it is given in."""


def content(trace: Trace, form: str, stops: Iterable[str]) -> str:
    """Return the answer in its form, up to the first of the `stops` in it; nothing without an answer."""
    answer = "" if trace.answer is None else form.replace(ANSWER, trace.answer)
    return min((answer.split(stop, 1)[0] for stop in stops), key=len, default=answer)


def finish_reason(trace: Trace) -> str:
    """Say in OpenAI's words how the solve ended: `length` where no answer was reached."""
    return "length" if trace.answer is None else "stop"


def _unfinished(text: str) -> int:
    """Count the characters at the end of `text` that may be the beginning of a tag."""
    at = text.rfind("<", max(0, len(text) - max(map(len, _TAGS)) + 1))
    return len(text) - at if at >= 0 and any(tag.startswith(text[at:]) for tag in _TAGS) else 0
