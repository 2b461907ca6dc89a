"""Density: the sizes of text at which a profile is probed."""

SCALES = (1.5, 1.2, 1.0, 0.85, 0.75, 0.65)
"""Of font, leading and cell: six compressions of every profile."""
