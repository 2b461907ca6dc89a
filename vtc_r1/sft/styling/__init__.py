"""Styles: how the pages of a data set differ, so that a model learns to read and not to match bitmaps."""

from vtc_r1.sft.styling.styles import Styles, load_styles, styles_names
from vtc_r1.sft.styling.wardrobe import Drawing, Style, Wardrobe

__all__ = ["Drawing", "Style", "Styles", "Wardrobe", "load_styles", "styles_names"]
