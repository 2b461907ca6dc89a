"""Type of several sizes on one page: runs of a text, each in its own size, one below the other.

A run begins on a line of its own; lines are never divided, so a page ends where the next line has no room.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers import crop
from vtc_r1.renderers.page import Page
from vtc_r1.renderers.paginate import Pagination
from vtc_r1.renderers.profile import Profile
from vtc_r1.renderers.renderer import cover, finished
from vtc_r1.renderers.scaling import scaled
from vtc_r1.renderers.scripts import lacks
from vtc_r1.renderers.setting import PlacedText, set_text
from vtc_r1.renderers.shape import decode

_TALLEST = 4096  #: height in pixels of the page on which a run is set before its lines are distributed


def mixes(profile: Profile) -> bool:
    """Whether pages of a profile can have type of several sizes: one column, no style of paragraphs."""
    return profile.columns == 1 and not profile.has_paragraph_style and not profile.fit_sizes


@dataclass(frozen=True, eq=False)
class _Line:
    """A line of a run, and where it stands."""

    setting: PlacedText  #: setting of its run
    start: int  #: where its run begins in the text
    at: int  #: its number in the run
    top: int  #: its first row on its page

    @property
    def characters(self) -> slice:
        """Its characters in the setting."""
        starts = self.setting.lines.starts
        after = starts[self.at + 1] if self.at + 1 < len(starts) else len(self.setting.glyphs)
        return slice(int(starts[self.at]), int(after))

    @property
    def source(self) -> int:
        """Index in the text at which it begins."""
        return self.start + (int(self.setting.shaped.source[self.characters.start]) if self.at else 0)

    @property
    def end(self) -> int:
        """Index in its run at which the next line begins, or the run ends."""
        source, stop = self.setting.shaped.source, self.characters.stop
        return int(source[stop] if stop < len(source) else source[-1] + 1)

    @property
    def height(self) -> int:
        """Its rows."""
        return int(self.setting.pagination.bottom[self.at] - self.setting.pagination.top[self.at])


def render_mixed(runs: Sequence[tuple[str, float]], profile: Profile) -> list[Page]:
    """Draw runs of a text, with the type of each a factor of the profile's size.

    Args:
        runs: texts that join to the whole, and their factors.
        profile: profile of the pages, for which `mixes` is true.

    Returns:
        Pages whose texts join to those of the runs.

    Raises:
        ProfileError: no line of a factor fits on a page, or its type is too small to draw.
    """
    text = "".join(run for run, _ in runs)
    pages = list(_filled(runs, profile)) if text else []
    cuts = [0, *(page[0].source for page in pages[1:]), len(text)]
    drawn = zip(pages, cuts, cuts[1:], strict=False)
    return [_page(lines, text[a:b], profile, last=b == len(text)) for lines, a, b in drawn]


@lru_cache(64)
def _strip(profile: Profile, factor: float) -> Profile:
    """The profile with which a run of a factor is set; raises ProfileError if no line of it fits a page."""
    sized = profile if factor == 1 else scaled(profile, factor)
    return sized.replace(height=_TALLEST, on_grid=False, crop=False, crop_width=False, margin_y=0)


def _filled(runs: Sequence[tuple[str, float]], profile: Profile) -> Iterator[list[_Line]]:
    """Yield the lines of each page."""
    page: list[_Line] = []
    bottom, start, room = profile.margin_y, 0, profile.height - profile.margin_y
    for text, factor in runs:
        setting = set_text(text, _strip(profile, factor))
        places = setting.pagination
        before = np.maximum(0, places.top - np.append(places.top[0], places.bottom[:-1])).tolist()
        for at, space in enumerate(before):
            line = _Line(setting, start, at, bottom + space)
            if page and line.top + line.height > room:
                yield page
                page, line = [], replace(line, top=profile.margin_y)
            page.append(line)
            bottom = line.top + line.height
        start += len(text)
    yield page


def _page(lines: Sequence[_Line], text: str, profile: Profile, *, last: bool) -> Page:
    """Draw the page of some lines."""
    bottom = max(line.top + line.height for line in lines)
    shape = (crop.height(profile, bottom, last=last), profile.width)
    ink, drawn = np.zeros(shape, np.uint8), ""
    mark_ink: NDArray[np.uint8] | None = None
    boxes, without, alone = list[tuple[int, int, int, int]](), "", ""
    for of_run in _by_run(lines):
        first, setting = of_run[0], of_run[0].setting
        characters = slice(first.characters.start, of_run[-1].characters.stop)
        some, marks = cover(replace(setting, pagination=_moved(of_run)), characters, shape)
        ink = np.maximum(ink, some)
        if marks is not None:
            mark_ink = marks if mark_ink is None else np.maximum(mark_ink, marks)
        drawn += decode(setting.shaped.points[characters])
        within = slice(first.source, first.start + of_run[-1].end)
        without += _at(setting.shaped.missing, within, first.start, text, lines[0].source)
        alone += _at(setting.shaped.unshaped, within, first.start, text, lines[0].source)
        left = int(setting.pagination.left[first.at])
        right = min(left + setting.profile.text_width, profile.width)
        boxes += [(left, line.top, right, min(line.top + line.height, shape[0])) for line in of_run]
    pixels = finished(profile, ink, mark_ink, [], last=last)
    pixels.flags.writeable = False
    tokens = profile.vision.tokens(pixels.shape[1], pixels.shape[0])
    missing, lacking = len(without) + len(alone), lacks(without, alone) if without or alone else ()
    boxed = np.array(boxes, np.int32)
    boxed[:, 2:] = np.minimum(boxed[:, 2:], pixels.shape[1::-1])
    return Page(pixels, text, tokens, missing, drawn, lacking, boxed)


def _by_run(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Yield the lines of each run that has some on a page."""
    group: list[_Line] = []
    for line in lines:
        if group and line.setting is not group[0].setting:
            yield group
            group = []
        group.append(line)
    yield group


def _moved(lines: Sequence[_Line]) -> Pagination:
    """The pagination of a run, with these lines moved to their places on the page."""
    places, at = lines[0].setting.pagination, [line.at for line in lines]
    down = np.zeros(len(places.top), np.int64)
    down[at] = [line.top for line in lines] - places.top[at]
    return replace(
        places, top=places.top + down, baseline=places.baseline + down, bottom=places.bottom + down
    )


def _at(indices: NDArray[np.int64], within: slice, run: int, text: str, page: int) -> str:
    """The characters at a run's indices, as far as these lie in the slice `within` of the whole text."""
    ends = np.searchsorted(indices, (within.start - run, within.stop - run))
    return "".join(text[run + at - page] for at in indices[slice(*ends)].tolist())
