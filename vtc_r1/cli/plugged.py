"""The names that plug-ins bring, in the help of the flags that take them; nothing is imported for it."""

from collections.abc import Sequence
from typing import Any

from vtc_r1.plugins import brought

_GROUPS = {
    "memory": "vtc_r1.memory",
    "segment_end": "vtc_r1.segment_ends",
    "density": "vtc_r1.densities",
    "backend": "vtc_r1.backends",
    "preset": "vtc_r1.presets",
}
"""The group of entry points whose names a flag takes, by the flag's parameter."""


def tell_plugins(command: Any, words: Sequence[str]) -> None:
    """Add to the help of the command that `words` name which names come from which package."""
    for word in words:
        if (inner := getattr(command, "commands", {}).get(word)) is None:
            break
        command = inner
    for parameter in () if getattr(command, "commands", None) else command.params:
        if names := brought(_GROUPS.get(parameter.name, "")):
            listed = ", ".join(f"{name} ({package})" for name, package in names.items())
            parameter.help = f"{parameter.help} By plug-ins: {listed}.".replace("[", r"\[")
