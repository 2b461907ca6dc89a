"""Long-context problems drawn from a seed: needles, variable tracking, common words, the i-th answer.

The tasks follow RULER (arXiv 2404.06654) and MRCR (arXiv 2409.12640); the texts are our own.
"""

from vtc_r1.eval.longcontext.problems import LongContext, problems

__all__ = ["LongContext", "problems"]
