"""Imported once, by the server that grading processes are forked from: each of them then starts at once.

Importing this module imports math-verify, where it is installed, and has it read a formula, which builds the
tables of its grammar.
"""

import logging
from contextlib import suppress

from vtc_r1.eval.grading import worker

logging.getLogger("math_verify").setLevel(logging.ERROR)
with suppress(ImportError):
    worker.equal("\\frac{x}{2}", "\\frac{1}{2}x")
