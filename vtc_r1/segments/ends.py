"""Where a segment ends: policies."""

import re
from typing import Protocol

from pydantic import Field

from vtc_r1.plugins import Registry, subclass_of
from vtc_r1.renderers.latex.spans import SEEN
from vtc_r1.segments.boundaries import BLANK_LINES, Boundaries, Positions, ends_step
from vtc_r1.segments.trimming import trim
from vtc_r1.spec import Configured, O_co, Options, chosen

_CONCLUDES = ("</think>", "<answer>", "\\boxed")
_ENDS_SOMETHING = re.compile(r"\n|[.!?。！？][\"')\]*]*\s|[。！？]")

_MOVES_STEP = re.compile(r"[\n$\\`~|\]}:>-]")
"""What ends a paragraph, or starts, ends or unmakes a formula, a code block or a table."""
_MOVES_ANY = re.compile(r"[\n$\\`~|\]}:>\-.!?…。！？]")
"""The same, or what ends a sentence or a line."""
_AFTER_SENTENCE = "\"'”’)]*】）"


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

    def cut(self, text: str, most: float, seen: int = 0) -> int | None:
        """Return where a segment that has grown to `text` ends; None lets it grow.

        `most` is how many characters its token limit is estimated to hold. So many as `seen` had it when it
        was last looked at, and was let grow: what has come since decides.
        """
        ...

    def trim(self, text: str) -> str:
        """Return what is kept of a segment that its token limit cut."""
        ...


class End(Configured[O_co]):
    """Base of the segment ends: at the token limit, and kept up to the last whole line, sentence or word."""

    watches = False

    def limit(self, asked: int, left: int) -> int:
        """Return the budget's limit, or what is left."""
        return min(asked, left)

    def cut(self, text: str, most: float, seen: int = 0) -> int | None:
        """Let it grow."""
        return None

    def trim(self, text: str) -> str:
        """Keep it up to its last whole line."""
        return trim(text)


class Limit(End):
    """At the token limit; what was cut there is kept up to its last whole line, else sentence, else word."""

    name = "limit"


class BoundaryOptions(Options):
    """`near`: share of the segment that may be given up for a sounder end."""

    near: float = Field(0.25, gt=0, lt=1)


class Boundary(End[BoundaryOptions]):
    """At the token limit, and kept up to the last step or paragraph near it, else sentence, else line."""

    name = "boundary"

    def trim(self, text: str) -> str:
        """Keep it up to the soundest boundary in its last part."""
        found, first = Boundaries(text, goes_on=True), round(len(text) * (1 - self.options.near))
        for kind in (found.steps, found.sentences, found.lines):
            if (at := _last(kind, first)) is not None:
                return text[:at]
        return trim(text)


class Own(End):
    """Where the model ends it: the limit is all that the solve may still write."""

    name = "own"

    def limit(self, asked: int, left: int) -> int:
        """Return what is left."""
        return left


class StreamedOptions(Options):
    """`after`: share of the token limit from which on a step or paragraph ends the segment.

    Half-way from there to the limit a sentence or a line does as well.
    """

    after: float = Field(0.75, gt=0, lt=1)


class Streamed(End[StreamedOptions]):
    """At a sound place before the token limit, while the segment is streamed.

    A segment that has begun to conclude is left to its end; one that comes whole, or finds no such place,
    ends at its limit, and is kept up to the last boundary near it.
    """

    name = "streamed"
    watches = True

    def cut(self, text: str, most: float, seen: int = 0) -> int | None:
        """Return the first sound place behind the share, None where there is none yet."""
        first, later = round(most * self.options.after), round(most * (1 + self.options.after) / 2)
        steps_only = len(text) < later
        if len(text) < first or not _is_new(text, seen, _MOVES_STEP if steps_only else _MOVES_ANY):
            return None
        steps, ends = BLANK_LINES.search(text, first), _ENDS_SOMETHING.search(text, later)
        if (steps is None and ends is None) or any(mark in text for mark in _CONCLUDES):
            return None
        if steps_only and not _has_step(text, first):
            return None
        found = Boundaries(text, goes_on=True)
        places = [_first(found.steps, first), _first(found.sentences, later), _first(found.lines, later)]
        return min((at for at in places if at is not None), default=None)

    def trim(self, text: str) -> str:
        """Keep it up to the soundest boundary in its last quarter."""
        return Boundary().trim(text)


def _is_new(text: str, seen: int, moves: re.Pattern[str]) -> bool:
    """Whether text behind `seen` may have given or moved a place, or freed one from a formula or block.

    What stands there also speaks for the character that follows it, spaces and closing quotes left out, and a
    formula's end for those that tell whether it is one.
    """
    start = min(_before(text, seen, _AFTER_SENTENCE) - 1, seen - SEEN - 1)
    return not seen or moves.search(text, max(0, start)) is not None


def _has_step(text: str, first: int) -> bool:
    """Whether a step ends behind `first`, be it inside a formula or block."""
    return any(ends_step(text, blank) for blank in BLANK_LINES.finditer(text, _before(text, first)))


def _before(text: str, at: int, more: str = "") -> int:
    """Where the white space, and what else is in `more`, begins that ends at `at`."""
    while at and (text[at - 1].isspace() or text[at - 1] in more):
        at -= 1
    return at


def _first(positions: Positions, least: int) -> int | None:
    behind = positions[positions >= max(1, least)]
    return int(behind[0]) if len(behind) else None


def _last(positions: Positions, least: int) -> int | None:
    behind = positions[positions >= max(1, least)]
    return int(behind[-1]) if len(behind) else None


ENDS: Registry[type[End]] = Registry(
    "vtc_r1.segment_ends",
    "segment end",
    {end.name: end for end in (Limit, Boundary, Own, Streamed)},
    subclass_of(End),
)


def segment_end(spec: str, *, trusted: bool = False) -> SegmentEnd:
    """Return the policy that `name`, `module:Class`, or either with `:key=value,…` names.

    Args:
        spec: the segment end.
        trusted: it comes from whoever runs the program, so that `module:Class` may be imported.

    Raises UsageError: UnknownName for what is not known, PluginError for what cannot be used.
    """
    return chosen(ENDS, spec, trusted=trusted).made()
