"""Search strategies, one per file."""

from vtc_r1.eval.tune.strategies.base import Offer, SearchTerms, Strategy, Tried
from vtc_r1.eval.tune.strategies.evolution import Evolution, RandomSearch
from vtc_r1.eval.tune.strategies.llm import LlmSearch, ModelProposer

STRATEGIES = ("evolution", "random", "llm")

__all__ = [
    "STRATEGIES",
    "Evolution",
    "LlmSearch",
    "ModelProposer",
    "Offer",
    "RandomSearch",
    "Strategy",
    "SearchTerms",
    "Tried",
]
