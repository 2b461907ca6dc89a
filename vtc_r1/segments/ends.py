"""Where a segment ends: policies."""

import re
from typing import ClassVar, Protocol

from pydantic import Field

from vtc_r1.segments.boundaries import BLANK_LINES, Boundaries, Positions
from vtc_r1.segments.keeping import trim
from vtc_r1.spec import Options, canonical, chosen

_CONCLUDES = ("</think>", "<answer>", "\\boxed")
_ENDS_SOMETHING = re.compile(r"\n|[.!?。！？][\"')\]*]*\s|[。！？]")


class SegmentEnd(Protocol):
    """Says where segments end; holds nothing of a solve.

    Attributes:
        name: name of the policy, with its options.
        watches: whether it looks at a segment while it grows.
    """

    name: str
    watches: bool

    def limit(self, asked: int, left: int) -> int:
        """Return the token limit of a segment: `asked` is the budget's, `left` what the solve may write."""
        ...

    def cut(self, text: str, most: float) -> int | None:
        """Return where a segment that has grown to `text` ends; None lets it grow.

        `most` is how many characters its token limit is estimated to hold.
        """
        ...

    def trim(self, text: str) -> str:
        """Return what is kept of a segment that its token limit cut."""
        ...


class Limit:
    """At the token limit; what was cut there is kept up to its last whole line, else sentence, else word."""

    name = "limit"
    watches = False
    takes: ClassVar[type[Options]] = Options

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or self.takes()
        self.name = canonical(type(self).name, self.options)

    def limit(self, asked: int, left: int) -> int:
        """Return the budget's limit, or what is left."""
        return min(asked, left)

    def cut(self, text: str, most: float) -> int | None:
        """Let it grow."""
        return None

    def trim(self, text: str) -> str:
        """Keep it up to its last whole line."""
        return trim(text)


class Near(Options):
    """`near`: share of the segment that may be given up for a sounder end."""

    near: float = Field(0.25, gt=0, lt=1)


class Boundary(Limit):
    """At the token limit, and kept up to the last step or paragraph near it, else sentence, else line."""

    name = "boundary"
    takes: ClassVar[type[Options]] = Near

    def trim(self, text: str) -> str:
        """Keep it up to the soundest boundary in its last part."""
        assert isinstance(self.options, Near)
        found, first = Boundaries(text), round(len(text) * (1 - self.options.near))
        for kind in (found.steps, found.sentences, found.lines):
            if (at := _last(kind, first)) is not None:
                return text[:at]
        return trim(text)


class Own(Limit):
    """Where the model ends it: the limit is all that the solve may still write."""

    name = "own"

    def limit(self, asked: int, left: int) -> int:
        """Return what is left."""
        return left


class After(Options):
    """`after`: share of the token limit from which on a step or paragraph ends the segment.

    Half-way from there to the limit a sentence or a line does as well.
    """

    after: float = Field(0.75, gt=0, lt=1)


class Streamed(Boundary):
    """At a sound place before the token limit, while the segment is streamed.

    A segment that has begun to conclude is left to its end; one that comes whole, or finds no such place,
    ends at its limit, and is kept up to the last boundary near it.
    """

    name = "streamed"
    watches = True
    takes: ClassVar[type[Options]] = After

    def cut(self, text: str, most: float) -> int | None:
        """Return the first sound place behind the share, None where there is none yet."""
        assert isinstance(self.options, After)
        first, later = round(most * self.options.after), round(most * (1 + self.options.after) / 2)
        steps, ends = BLANK_LINES.search(text, first), _ENDS_SOMETHING.search(text, later)
        if (steps is None and ends is None) or any(mark in text for mark in _CONCLUDES):
            return None
        found = Boundaries(text)
        places = [_first(found.steps, first), _first(found.sentences, later), _first(found.lines, later)]
        return min((at for at in places if at is not None), default=None)

    def trim(self, text: str) -> str:
        """Keep it up to the soundest boundary in its last quarter."""
        return Boundary().trim(text)


def _first(positions: Positions, least: int) -> int | None:
    behind = positions[positions >= max(1, least)]
    return int(behind[0]) if len(behind) else None


def _last(positions: Positions, least: int) -> int | None:
    behind = positions[positions >= max(1, least)]
    return int(behind[-1]) if len(behind) else None


ENDS: dict[str, type[Limit]] = {end.name: end for end in (Limit, Boundary, Own, Streamed)}


def segment_end(spec: str) -> SegmentEnd:
    """Return the policy that `name` or `name:key=value,…` names; raises UsageError."""
    kind, options = chosen("segment end", spec, ENDS)
    return kind(options)
