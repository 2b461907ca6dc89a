"""Reading: pages and what is asked of them, as examples next to reasoning."""

from vtc_r1.sft.reading.tasks import Reading, draw_reading

__all__ = ["Reading", "draw_reading"]
