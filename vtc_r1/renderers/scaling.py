"""Type sizes: a profile with larger or smaller text on the same page."""

from typing import Any, Literal

from vtc_r1.errors import ProfileError, UsageError
from vtc_r1.renderers.profile import Profile

_SMALLEST_TYPE, _SMALLEST_CELL = 4.0, 3


def scaled(profile: Profile, factor: float, *, smaller: Literal["refuse", "least"] = "refuse") -> Profile:
    """Return a profile with the same page and text `factor` times as large.

    Font size, leading, cell and baseline are scaled; with `fit_sizes`, the profile's own size remains.

    Args:
        profile: the profile at factor 1.
        factor: factor of the type size.
        smaller: what to do with text that is too small to draw: reject it, or use the smallest size.

    Raises:
        UsageError: the factor is not a positive number.
        ProfileError: no text of that size can be drawn on the page.
    """
    if not 0 < factor < float("inf"):
        raise UsageError(f"scale {factor} is not a positive number; try 0.8")
    least = _SMALLEST_TYPE if smaller == "least" else 0.0
    changes = {
        "font_size": max(least, profile.font_size * factor),
        "line_height": max(least, profile.line_height * factor),
        "fit_sizes": (),
        **scaled_cell(profile, factor),
    }
    try:
        return profile.replace(**changes)
    except ProfileError as error:
        raise ProfileError(f"{error} (at scale {factor:g})") from error


def scaled_cell(profile: Profile, factor: float) -> dict[str, Any]:
    """Return the settings `cell` and `baseline` of text `factor` times as large; None if not fixed."""
    return {
        "cell": None if profile.cell is None else max(_SMALLEST_CELL, round(profile.cell * factor)),
        "baseline": None if profile.baseline is None else max(1, round(profile.baseline * factor)),
    }
