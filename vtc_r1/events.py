"""What happens during a solve, in order, as typed events."""

from dataclasses import dataclass

from vtc_r1.compression import Compression
from vtc_r1.documents.shown import Shown
from vtc_r1.iteration import FinishReason, Iteration, Usage
from vtc_r1.renderers.page import Page
from vtc_r1.trace import Trace


@dataclass(frozen=True)
class Started:
    """A solve began; `trace` is its record so far: cancelled, without iterations."""

    trace: Trace


@dataclass(frozen=True)
class DocumentsShown:
    """The documents that came with the question are ready for the prompts."""

    documents: tuple[Shown, ...]


@dataclass(frozen=True)
class IterationStarted:
    """A prompt with these pages is sent to the model."""

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
    """The server failed in the middle of the segment, which starts again: its pieces so far are void."""

    index: int
    reason: str


@dataclass(frozen=True)
class Overflowed:
    """Prompt and segment exceeded the context; the request is repeated with a smaller one.

    Attributes:
        index: index of the iteration.
        max_tokens: the new token limit of the segment.
        pages: the pages left in the prompt.
    """

    index: int
    max_tokens: int
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class SegmentFinished:
    """The segment is complete."""

    index: int
    text: str
    finish_reason: FinishReason
    usage: Usage


@dataclass(frozen=True)
class PagesRendered:
    """These pages were added to the memory (none if it keeps text or nothing)."""

    index: int
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class Answered:
    """The segment was final."""

    index: int
    answer: str


@dataclass(frozen=True)
class IterationFinished:
    """The record of one iteration, and the compression of the solve so far, as in its trace."""

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
