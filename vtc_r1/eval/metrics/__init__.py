"""Metrics: accuracies, their confidence intervals, and paired tests between runs."""

from vtc_r1.eval.metrics.estimate import (
    Interval,
    average,
    clustered,
    interval,
    pass_at,
    pooled,
    resamples,
    wilson,
)
from vtc_r1.eval.metrics.majority import Majority, Vote, majority
from vtc_r1.eval.metrics.paired import Comparison, compare, mcnemar, sign_flip

__all__ = [
    "Comparison",
    "Interval",
    "Majority",
    "Vote",
    "average",
    "clustered",
    "compare",
    "interval",
    "majority",
    "mcnemar",
    "pass_at",
    "pooled",
    "resamples",
    "sign_flip",
    "wilson",
]
