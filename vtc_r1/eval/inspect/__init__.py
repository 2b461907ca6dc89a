"""The loop as a solver of inspect_ai: `inspect eval TASK --solver vtc_r1/vtc`."""

from vtc_r1.eval.inspect.solver import vtc

__all__ = ["vtc"]
