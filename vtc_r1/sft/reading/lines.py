"""The lines of a page as they stand on it."""

import numpy as np

from vtc_r1.renderers import Profile
from vtc_r1.renderers.setting import set_text
from vtc_r1.renderers.shape import decode


def page_lines(text: str, profile: Profile, page: int) -> list[list[str]]:
    """Return the lines of one page of `text`, column by column; those without text are left out."""
    setting = set_text(text, profile)
    places, ends = setting.pagination, np.append(setting.lines.starts, len(setting.glyphs))
    columns: dict[int, list[str]] = {}
    for line in np.flatnonzero(places.page_of == page).tolist():
        drawn = decode(setting.shaped.points[ends[line] : ends[line + 1]]).strip()
        column = columns.setdefault(int(places.left[line]), [])
        if drawn:
            column.append(drawn)
    return [column for _, column in sorted(columns.items()) if column]
