"""Policies for where a segment ends."""

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
"""Characters that can end a paragraph, or start, end or invalidate a formula, a code block or a table."""
_MOVES_ANY = re.compile(r"[\n$\\`~|\]}:>\-.!?…。！？]")  #: the same, or end a sentence or a line
_AFTER_SENTENCE = "\"'”’)]*】）"


class SegmentEnd(Protocol):
    """Decides where segments end; stateless."""

    name: str  #: name of the policy, with its options
    watches: bool  #: whether `cut` is called while a segment is streamed

    def limit(self, asked: int, left: int) -> int:
        """Return the token limit of a segment: `asked` is the budget's, `left` what the solve has left."""
        ...

    def cut(self, text: str, most: float, seen: int = 0) -> int | None:
        """Return where a segment that has grown to `text` ends; None to let it grow.

        `most` is the estimated number of characters in its token limit. `seen` is the length of the segment
        at the last call, which let it grow; only what was added since can change the decision.
        """
        ...

    def trim(self, text: str) -> str:
        """Return the part to keep of a segment that its token limit cut."""
        ...


class End(Configured[O_co]):
    """Base of the segment ends: at the token limit, kept up to the last complete line, sentence or word."""

    watches = False

    def limit(self, asked: int, left: int) -> int:
        """Return the budget's limit, or what is left if that is less."""
        return min(asked, left)

    def cut(self, text: str, most: float, seen: int = 0) -> int | None:
        """Never end it early."""
        return None

    def trim(self, text: str) -> str:
        """Keep it up to its last complete line."""
        return trim(text)


class Limit(End):
    """At the token limit; a segment cut there is kept up to its last complete line, else sentence or word."""

    name = "limit"


class BoundaryOptions(Options):
    """`near`: share of the segment that may be dropped for a better boundary."""

    near: float = Field(0.25, gt=0, lt=1)


class Boundary(End[BoundaryOptions]):
    """At the token limit, kept up to the last step or paragraph near it, else sentence, else line."""

    name = "boundary"

    def trim(self, text: str) -> str:
        """Keep it up to the best boundary in its last part."""
        found, first = Boundaries(text, goes_on=True), round(len(text) * (1 - self.options.near))
        for kind in (found.steps, found.sentences, found.lines):
            if (at := _last(kind, first)) is not None:
                return text[:at]
        return trim(text)


class Own(End):
    """Where the model stops: the limit is everything the solve has left."""

    name = "own"

    def limit(self, asked: int, left: int) -> int:
        """Return what is left."""
        return left


class StreamedOptions(Options):
    """`after`: share of the token limit after which a step or paragraph ends the segment.

    Half-way from there to the limit, a sentence or a line ends it too.
    """

    after: float = Field(0.75, gt=0, lt=1)


class Streamed(End[StreamedOptions]):
    """At a good boundary before the token limit, while the segment is streamed.

    A segment that has begun to conclude is not ended early; one that arrives in one piece, or has no such
    boundary, ends at its limit, and is kept up to the last boundary near it.
    """

    name = "streamed"
    watches = True

    def cut(self, text: str, most: float, seen: int = 0) -> int | None:
        """Return the first good boundary after the share, None if there is none yet."""
        first, later = round(most * self.options.after), round(most * (1 + self.options.after) / 2)
        steps_only = len(text) < later
        # Finding boundaries reads the whole segment. Doing that for every piece would take quadratic time, so
        # pieces that cannot have changed them are skipped.
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
        """Keep it up to the best boundary in its last quarter."""
        return Boundary().trim(text)


def _is_new(text: str, seen: int, moves: re.Pattern[str]) -> bool:
    """Whether the text after `seen` may add or move a boundary, or free one from a formula or block.

    A character also decides about the one before it, ignoring spaces and closing quotes, and the characters
    after a formula's end decide whether it is one; so the search starts a little earlier.
    """
    start = min(_before(text, seen, _AFTER_SENTENCE) - 1, seen - SEEN - 1)
    return not seen or moves.search(text, max(0, start)) is not None


def _has_step(text: str, first: int) -> bool:
    """Whether a step ends after `first`, even inside a formula or block."""
    return any(ends_step(text, blank) for blank in BLANK_LINES.finditer(text, _before(text, first)))


def _before(text: str, at: int, more: str = "") -> int:
    """Start of the run of white space and characters in `more` that ends at `at`."""
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
        trusted: the spec comes from the person who runs the program, so `module:Class` may be imported.

    Raises UsageError: UnknownName for an unknown name, PluginError for a broken plug-in.
    """
    return chosen(ENDS, spec, trusted=trusted).made()
