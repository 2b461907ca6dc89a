"""What happens during a solve, in order, as typed events."""

from dataclasses import dataclass

from vtc_r1.compression import Compression
from vtc_r1.documents.shown import Shown
from vtc_r1.renderers.page import Page
from vtc_r1.trace import FinishReason, Iteration, Trace, Usage


@dataclass(frozen=True)
class Started:
    """A solve began; `trace` is its record if nothing more came: cancelled, without iterations."""

    trace: Trace


@dataclass(frozen=True)
class DocumentsShown:
    """The documents that came with the question are ready for the prompts."""

    documents: tuple[Shown, ...]


@dataclass(frozen=True)
class IterationStarted:
    """A prompt goes to the model, with these pages in it."""

    index: int
    pages: tuple[Page, ...]
    forced: bool


@dataclass(frozen=True)
class TextDelta:
    """A piece of the segment."""

    index: int
    text: str


@dataclass(frozen=True)
class SegmentRestarted:
    """The server failed in the middle of the segment, which begins again: its pieces so far are void."""

    index: int
    reason: str


@dataclass(frozen=True)
class Overflowed:
    """Prompt and segment were more than the context holds; they are asked for again, smaller.

    Attributes:
        index: of the iteration.
        max_tokens: limit of the segment now.
        pages: the pages that the prompt still carries.
    """

    index: int
    max_tokens: int
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class SegmentFinished:
    """The segment is whole."""

    index: int
    text: str
    finish_reason: FinishReason
    usage: Usage


@dataclass(frozen=True)
class PagesRendered:
    """The memory grew by these pages (none, where it keeps text or nothing)."""

    index: int
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class Answered:
    """The segment was final."""

    index: int
    answer: str


@dataclass(frozen=True)
class IterationFinished:
    """The record of one iteration, and the compression of the solve so far: what its trace will say."""

    iteration: Iteration
    compression: Compression


@dataclass(frozen=True)
class Finished:
    """The solve is over, whatever its status."""

    trace: Trace


Event = (
    Started
    | DocumentsShown
    | IterationStarted
    | TextDelta
    | SegmentRestarted
    | Overflowed
    | SegmentFinished
    | PagesRendered
    | Answered
    | IterationFinished
    | Finished
)
