"""Exports: a built data set in the form that another trainer reads."""

from vtc_r1.sft.export.exporting import FORMATS, export

__all__ = ["FORMATS", "export"]
