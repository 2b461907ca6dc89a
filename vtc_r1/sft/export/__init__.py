"""Exports: a built data set in the format of another trainer."""

from vtc_r1.sft.export.exporting import FORMATS, export

__all__ = ["FORMATS", "export"]
