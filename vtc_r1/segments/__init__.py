"""Segments: where one ends, and which part of it is kept for the memory."""

from vtc_r1.segments.ends import ENDS, Boundary, End, Limit, Own, SegmentEnd, Streamed, segment_end
from vtc_r1.segments.trimming import has_stalled, is_looping, keep, tail, tokens_per_character, trim

__all__ = [
    "ENDS",
    "Boundary",
    "End",
    "Limit",
    "Own",
    "SegmentEnd",
    "Streamed",
    "has_stalled",
    "is_looping",
    "keep",
    "segment_end",
    "tail",
    "tokens_per_character",
    "trim",
]
