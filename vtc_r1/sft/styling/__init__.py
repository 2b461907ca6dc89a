"""Styles: how the pages of a data set differ, so that a model learns to read and not to match bitmaps."""

from vtc_r1.sft.styling.style_set import Drawing, Style, StyleSet
from vtc_r1.sft.styling.styles import Styles, load_styles, styles_names

__all__ = ["Drawing", "Style", "Styles", "StyleSet", "load_styles", "styles_names"]
