"""Search strategies, one per file."""

from vtc_r1.eval.tune.strategies.base import Offer, SearchTerms, Strategy, Tried
from vtc_r1.eval.tune.strategies.evolution import Evolution
from vtc_r1.eval.tune.strategies.llm import LlmSearch, ModelProposer
from vtc_r1.eval.tune.strategies.random import RandomSearch

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
