"""Density: one profile with larger or smaller text, so that a page holds less or more for the same cost."""

from vtc_r1.errors import ProfileError, UsageError
from vtc_r1.renderers import Profile

SCALES = (1.5, 1.2, 1.0, 0.85, 0.75, 0.65)
"""Of font, leading and cell: six compressions of every profile."""
_NARROWEST_CELL = 3


def scaled(profile: Profile, scale: float) -> Profile:
    """Return a profile whose page is the same and whose text is `scale` times as large.

    Font size, leading, cell and baseline are scaled; of sizes that are fitted, the profile's own remains,
    since a page is filled here.

    Raises:
        UsageError: the scale is no positive number.
        ProfileError: no text of that size can be drawn on the page.
    """
    if not 0 < scale < float("inf"):
        raise UsageError(f"scale {scale} is no positive number; try 0.8")
    changes = {
        "font_size": profile.font_size * scale,
        "line_height": profile.line_height * scale,
        "fit_sizes": (),
        "cell": None if profile.cell is None else max(_NARROWEST_CELL, round(profile.cell * scale)),
        "baseline": None if profile.baseline is None else max(1, round(profile.baseline * scale)),
    }
    try:
        return profile.replace(**changes)
    except ProfileError as error:
        raise ProfileError(f"{error} (at scale {scale:g})") from error
