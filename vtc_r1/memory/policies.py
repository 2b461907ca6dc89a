"""The memory policies by name."""

from dataclasses import dataclass

from vtc_r1.memory.auto import Auto
from vtc_r1.memory.base import UNBOUNDED, Terms
from vtc_r1.memory.decay import Decay
from vtc_r1.memory.facts import Facts
from vtc_r1.memory.forget import Forget, Single
from vtc_r1.memory.hybrid import Hybrid
from vtc_r1.memory.optical import Blank, Optical
from vtc_r1.memory.parts import Parts
from vtc_r1.memory.reread import Rereading
from vtc_r1.memory.text import Text
from vtc_r1.renderers import Renderer
from vtc_r1.spec import Options, canonical, chosen

POLICIES: dict[str, type[Parts]] = {
    policy.name: policy
    for policy in (Optical, Text, Hybrid, Blank, Forget, Single, Decay, Facts, Auto, Rereading)
}


@dataclass(frozen=True)
class Policy:
    """A memory policy with its options; makes the memory of one solve.

    Attributes:
        kind: its class.
        options: what was said of it.
        terms: what its memories are made under.
    """

    kind: type[Parts]
    options: Options
    terms: Terms

    def __call__(self, renderer: Renderer) -> Parts:
        """Make a memory; raises UsageError where its budget is too small for one page."""
        return self.kind(renderer, self.options, self.terms)

    @property
    def name(self) -> str:
        """Its name, with the options that are not the default."""
        return canonical(self.kind.name, self.options)

    @property
    def draws(self) -> bool:
        """Whether it carries pages."""
        return self.kind.draws


def memory_policy(spec: str, terms: Terms = UNBOUNDED) -> Policy:
    """Return what `name` or `name:key=value,…` names; raises UnknownName, UsageError."""
    kind, options = chosen("memory policy", spec, POLICIES)
    return Policy(kind, options, terms)
