"""Reading tasks: pages and questions about them, as examples besides reasoning."""

from vtc_r1.sft.reading.tasks import Reading, draw_reading

__all__ = ["Reading", "draw_reading"]
