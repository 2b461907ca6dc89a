"""Texts to read, of several kinds, drawn from a seed or taken from a file."""

from vtc_r1.eval.probe.texts.kind import KINDS, TextKind, text_kinds

__all__ = ["KINDS", "TextKind", "text_kinds"]
