"""Optical memory for long reasoning: segments become page images, until an answer emerges."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtc_r1.errors import VtcError
    from vtc_r1.solver import Solver
    from vtc_r1.trace import Trace

__all__ = ["Solver", "Trace", "VtcError"]

_HOMES = {"Solver": "vtc_r1.solver", "Trace": "vtc_r1.trace", "VtcError": "vtc_r1.errors"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
