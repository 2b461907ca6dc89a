"""Tuning: a search for render settings that trades error against vision tokens."""

from vtc_r1.eval.tune.history import TuneFolder, TuneSetup
from vtc_r1.eval.tune.objective import Evaluation, Legibility, Objective
from vtc_r1.eval.tune.proposal import Proposal
from vtc_r1.eval.tune.result import TuneResult, conclude
from vtc_r1.eval.tune.search import Search
from vtc_r1.eval.tune.space import Space
from vtc_r1.eval.tune.strategies.base import dominates, front

__all__ = [
    "Evaluation",
    "Legibility",
    "Objective",
    "Proposal",
    "Search",
    "Space",
    "TuneFolder",
    "TuneResult",
    "TuneSetup",
    "conclude",
    "dominates",
    "front",
]
