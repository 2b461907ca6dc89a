"""Exercises: the kinds of step-by-step problems that the embedded model is taught."""

from vtc_r1.exercises.exercise import SEGMENT_LINES, Exercise, Kind, Outside, segments_of
from vtc_r1.exercises.kinds import KINDS, draw, read

__all__ = ["KINDS", "SEGMENT_LINES", "Exercise", "Kind", "Outside", "draw", "read", "segments_of"]
