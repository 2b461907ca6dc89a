"""Problems about long documents, drawn from a seed: needles, variables, words, the i-th of several answers.

The tasks are those that RULER (arXiv 2404.06654) and MRCR (arXiv 2409.12640) define; the texts are our own.
"""

from vtc_r1.eval.longcontext.problems import LongContext, problems

__all__ = ["LongContext", "problems"]
