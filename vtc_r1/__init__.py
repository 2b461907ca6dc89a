"""Optical memory for long reasoning: segments become page images until there is an answer."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtc_r1.documents import Document
    from vtc_r1.errors import UsageError, VtcError
    from vtc_r1.solver import Solver
    from vtc_r1.storage import load_trace, save_trace
    from vtc_r1.trace import Trace

    __version__: str

__all__ = [
    "Document",
    "Solver",
    "Trace",
    "UsageError",
    "VtcError",
    "__version__",
    "load_trace",
    "save_trace",
]

_HOMES = {
    "Document": "vtc_r1.documents",
    "Solver": "vtc_r1.solver",
    "Trace": "vtc_r1.trace",
    "UsageError": "vtc_r1.errors",
    "VtcError": "vtc_r1.errors",
    "load_trace": "vtc_r1.storage",
    "save_trace": "vtc_r1.storage",
}
"""Modules of the public names; each is imported on first use."""

if not TYPE_CHECKING:  # otherwise a type checker would accept any attribute of this module

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            from importlib.metadata import version

            return version("vtc-r1")
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
