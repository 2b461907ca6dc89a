"""Formulas drawn in two dimensions: fractions stacked, scripts raised, matrices in rows."""

from vtc_r1.renderers.typeset.formula import typeset
from vtc_r1.renderers.typeset.picture import Picture

__all__ = ["Picture", "typeset"]
