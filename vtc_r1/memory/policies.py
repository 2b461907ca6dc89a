"""The memory policies by name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vtc_r1.memory.auto import Auto
from vtc_r1.memory.base import UNBOUNDED, Draws, Terms
from vtc_r1.memory.decay import Decay
from vtc_r1.memory.delethink import Delethink
from vtc_r1.memory.facts import Facts
from vtc_r1.memory.forget import Forget, Single
from vtc_r1.memory.hybrid import Hybrid
from vtc_r1.memory.optical import Blank, Optical
from vtc_r1.memory.parts import Parts
from vtc_r1.memory.registry import BUILT_IN, POLICIES
from vtc_r1.memory.reread import Rereading
from vtc_r1.memory.summary import Summary
from vtc_r1.memory.tail import Tail
from vtc_r1.memory.text import Text
from vtc_r1.spec import Chosen, Options, chosen

_ALL: tuple[type[Parts], ...] = (
    *(Optical, Text, Hybrid, Blank, Forget, Single, Decay, Facts, Auto, Rereading),
    *(Summary, Tail, Delethink),
)
BUILT_IN |= {policy.name: policy for policy in _ALL}


@dataclass(frozen=True)
class Policy:
    """A memory policy with its options; creates the memory of one solve.

    Attributes:
        chosen: its class and its options.
        terms: the limits its memories are created with.
    """

    chosen: Chosen[Parts]
    terms: Terms

    def __call__(self, renderer: Draws) -> Parts:
        """Create a memory; raises UsageError if its budget is unknown, or too small for one page."""
        return self.chosen.made(renderer, terms=self.terms)

    def within(self, limits: Sequence[int]) -> "Policy":
        """Return the policy with other limits by iteration, for the option `equal`."""
        return replace(self, terms=replace(self.terms, limits=tuple(limits)))

    @property
    def name(self) -> str:
        """Its name, with the options that differ from the default."""
        return self.chosen.name

    @property
    def options(self) -> Options:
        """Its options."""
        return self.chosen.options

    @property
    def kind(self) -> type[Parts]:
        """Its class, which declares the rest."""
        return self.chosen.kind


def memory_policy(spec: str, terms: Terms = UNBOUNDED, *, trusted: bool = False) -> Policy:
    """Return the policy that `name`, `module:Class`, or either with `:key=value,…` names.

    Args:
        spec: the policy.
        terms: the limits its memories are created with.
        trusted: the spec comes from the person who runs the program, so `module:Class` may be imported.

    Raises UsageError: UnknownName for an unknown name, PluginError for a broken plug-in.
    """
    return Policy(chosen(POLICIES, spec, trusted=trusted), terms)
