"""The registry of memory policies; `policies` fills it, so that a policy can look up another one."""

from vtc_r1.memory.parts import Parts
from vtc_r1.plugins import Registry, subclass_of

BUILT_IN: dict[str, type[Parts]] = {}
POLICIES: Registry[type[Parts]] = Registry("vtc_r1.memory", "memory policy", BUILT_IN, subclass_of(Parts))
