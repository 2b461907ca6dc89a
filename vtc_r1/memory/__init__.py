"""Memory: what is carried from earlier iterations into the next prompt, one policy per file."""

from vtc_r1.memory.auto import Auto
from vtc_r1.memory.base import UNBOUNDED, Draws, Memory, MemoryFactory, Terms, carries
from vtc_r1.memory.costs import Costs
from vtc_r1.memory.decay import Decay
from vtc_r1.memory.delethink import Delethink
from vtc_r1.memory.density import DENSITIES, Density, density
from vtc_r1.memory.facts import Facts
from vtc_r1.memory.forget import Forget, Single
from vtc_r1.memory.hybrid import Hybrid
from vtc_r1.memory.legibility import Legibility
from vtc_r1.memory.optical import Blank, Optical
from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.memory.policies import Policy, memory_policy
from vtc_r1.memory.registry import POLICIES
from vtc_r1.memory.reread import Rereading
from vtc_r1.memory.summary import Summary, summarised
from vtc_r1.memory.tail import Tail
from vtc_r1.memory.text import Text

__all__ = [
    "DENSITIES",
    "POLICIES",
    "UNBOUNDED",
    "Auto",
    "Blank",
    "Bounded",
    "Costs",
    "Decay",
    "Delethink",
    "Density",
    "Draws",
    "Facts",
    "Forget",
    "Hybrid",
    "Legibility",
    "Memory",
    "MemoryFactory",
    "Optical",
    "Parts",
    "Policy",
    "Rereading",
    "Single",
    "Summary",
    "Tail",
    "Terms",
    "Text",
    "carries",
    "density",
    "memory_policy",
    "summarised",
]
