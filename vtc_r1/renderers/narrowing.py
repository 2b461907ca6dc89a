"""Narrowing: pages as wide as the code and the tables on them need.

Their rows are shorter than lines of prose, so the rest of a wide page stays white. Prose takes the same area
on a narrow page as on a wide one.
"""

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.atlas import UNIT
from vtc_r1.renderers.profile import Profile
from vtc_r1.renderers.shape import NEWLINE, SPACE, Shaped

_NARROWEST = 1 / 2  #: share of the profile's width below which no page is narrowed
_WRAPPED = 0.05  #: share of the rows that may be longer than a line of the narrowed page
_WORTH = 0.95  #: maximum share of the area for a narrowed page; otherwise the page is not narrowed
_RAGGED = 2  #: average white space at the ends of lines of prose, in em


def narrowed(shaped: Shaped, advances: NDArray[np.int64], profile: Profile) -> Profile:
    """Return the profile with the page width at which a text with code or tables takes the least area.

    Args:
        shaped: at least one character.
        advances: pen advance of each character in 1/64 px.
        profile: returned unchanged unless it crops its pages to their ink (`crop_width`) on its grid.
    """
    if not (profile.crop_width and profile.on_grid and profile.columns == 1):
        return profile
    firsts = np.append(0, np.flatnonzero(shaped.points[:-1] == NEWLINE) + 1)
    rows = shaped.rows[firsts]  # a row that begins within a formula begins no line
    if not rows.any():
        return profile
    lengths = np.add.reduceat(advances, firsts) / UNIT
    beside = profile.width - profile.line_width
    grid = profile.vision.grid
    widths = np.arange(profile.width, profile.width * _NARROWEST - 1, -grid)
    rooms = (widths - beside)[:, None]
    # Lines of prose break at words and leave some white; rows of code and tables break where the text does.
    ragged = np.where(rows, 0, _RAGGED * profile.font_size)
    areas = np.ceil(lengths / np.maximum(rooms - ragged, 1)).clip(min=1).sum(axis=1) * widths
    fits = widths * profile.height >= profile.vision.min_pixels
    fits &= (lengths[rows] > rooms).mean(axis=1) <= _WRAPPED
    least = max(_longest_token(shaped, advances, int(profile.line_width * UNIT)), int(advances.max()))
    fits &= (rooms[:, 0] - max(0, profile.first_line_indent) - profile.font_size) * UNIT >= least
    # The profile's own width is never excluded: it is the one to beat.
    areas[1:][~fits[1:]] = np.inf
    best = int(areas.argmin())
    return profile if areas[best] > areas[0] * _WORTH else profile.replace(width=int(widths[best]))


def _longest_token(shaped: Shaped, advances: NDArray[np.int64], room: int) -> int:
    """Length of the longest identifier or number that fits on a line of the wide page, in 1/64 px."""
    inside = (shaped.points < 0x80) & (shaped.points != SPACE) & (shaped.points != NEWLINE)
    firsts = np.append(0, np.flatnonzero(inside[1:] != inside[:-1]) + 1)
    lengths = np.add.reduceat(np.where(inside, advances, 0), firsts)
    return int(lengths[lengths <= room].max(initial=0))
