"""Formulas drawn as a mathematician writes them: fractions stacked, scripts raised, matrices in rows."""

from vtc_r1.renderers.typeset.formula import typeset
from vtc_r1.renderers.typeset.picture import Picture

__all__ = ["Picture", "typeset"]
