"""Cropping: how much of a page is kept, never so little that its family would scale it up."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.profile import Profile


def height(profile: Profile, bottom: int, *, last: bool) -> int:
    """Height of a page whose lines end at row `bottom`, before its ink is known."""
    if not (profile.crop and last and profile.on_grid):
        return profile.height
    vision = profile.vision
    needed = vision.snap(bottom + _or(profile.crop_margin_y, profile.margin_y))
    return min(profile.height, max(needed, vision.snap(-(-vision.min_pixels // profile.width))))


def to_ink(ink: NDArray[np.uint8], profile: Profile, *, last: bool) -> tuple[int, int]:
    """Height and width of the part of a page that is kept, once its ink of shape (height, width) is known."""
    rows, columns = ink.shape
    if profile.crop and last and not profile.on_grid:
        rows = min(rows, _end(ink.any(axis=1)) + _or(profile.crop_margin_y, profile.margin_y))
    if profile.crop_width:
        columns = _end(ink.any(axis=0)) + _or(profile.crop_margin_x, profile.margin_x)
        if profile.on_grid:
            vision = profile.vision
            columns = max(vision.snap(columns), vision.snap(-(-vision.min_pixels // rows)))
        columns = min(ink.shape[1], columns)
    return rows, columns


def _end(inked: Any) -> int:
    found = np.flatnonzero(inked)
    return int(found[-1]) + 1 if len(found) else 1


def _or(given: int | None, margin: int) -> int:
    return margin if given is None else given
