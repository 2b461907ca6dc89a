"""Former home of `Attachments`; it will be removed."""

import warnings
from typing import Any

from vtc_r1.attachments import Attachments


def __getattr__(name: str) -> Any:
    if name == "Attached":
        warnings.warn(
            "vtc_r1.attached.Attached is now vtc_r1.attachments.Attachments", DeprecationWarning, stacklevel=2
        )
        return Attachments
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
