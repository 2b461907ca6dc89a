"""One small solve through the real loop, for tests that need its record."""

from tests.scripted import Scripted
from vtc_r1 import Solver, Trace

QUESTION = "1+2*3-4+5"
SEGMENTS = ("<think>\n2*3=6\n", "<think>\n1+6=7\n7-4=3\n3+5=8\n</think>\n<answer>8</answer>")


def solved() -> Trace:
    """A trace of two iterations with one page."""
    with Solver(backend=Scripted(SEGMENTS), preset="nano") as solver:
        return solver.solve(QUESTION)
