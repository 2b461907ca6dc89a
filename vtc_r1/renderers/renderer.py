"""The renderer: text in, pages out; pure and deterministic."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers import crop
from vtc_r1.renderers.atlas import UNIT
from vtc_r1.renderers.cache import SHARED, PageCache
from vtc_r1.renderers.draw import draw
from vtc_r1.renderers.page import Page
from vtc_r1.renderers.paint import Box, mark_weight, paint
from vtc_r1.renderers.profile import Profile, load_profile
from vtc_r1.renderers.scripts import MissingScript, lacks
from vtc_r1.renderers.setting import PlacedText, set_text
from vtc_r1.renderers.shape import decode

_NOTHING: tuple[MissingScript, ...] = ()


class Renderer:
    """Draws text as pages with one profile.

    Args:
        profile: a Profile, the name of a shipped one, or the path of a `.toml` or Glyph `.json` file.
        cache: cache of pages, so that the same text is not drawn again; None for no cache.

    Raises:
        UnknownName: no profile of that name is shipped.
        ProfileError: the profile's file, or its font, cannot be used.
    """

    def __init__(
        self, profile: Profile | str | Path = "default", *, cache: PageCache | None = SHARED
    ) -> None:
        self.profile = profile if isinstance(profile, Profile) else load_profile(profile)
        self._cache, self._hash = cache, self.profile.sha256

    def render(self, text: str) -> list[Page]:
        """Draw `text`; the texts of the pages join to it, and empty text has no pages."""
        if not text:
            return []
        if self._cache is None:
            return self._draw(text)
        pages = self._cache.get(self._hash, text)
        if pages is None:
            pages = self._draw(text)
            self._cache.put(self._hash, text, pages)
        return pages

    def _draw(self, text: str) -> list[Page]:
        setting = set_text(text, self.profile)
        lines = np.searchsorted(setting.pagination.page_of, np.arange(setting.pages + 1))
        glyphs = np.append(setting.lines.starts, len(setting.glyphs))[lines]
        cuts = [0, *setting.shaped.source[glyphs[1:-1]].tolist(), len(text)]
        missing, unshaped = setting.shaped.missing, setting.shaped.unshaped
        pages = []
        for page in range(setting.pages):
            both = slice(page, page + 2)
            characters = slice(*glyphs[both].tolist())
            pixels = _pixels(setting, slice(*lines[both].tolist()), characters)
            pixels.flags.writeable = False
            tokens = self.profile.vision.tokens(pixels.shape[1], pixels.shape[0])
            drawn = decode(setting.shaped.points[characters])
            own, wanting, lacking = text[slice(*cuts[both])], 0, _NOTHING
            if len(missing) or len(unshaped):
                without, alone = (_between(at, *cuts[both]) for at in (missing, unshaped))
                wanting = len(without) + len(alone)
                lacking = lacks(*("".join(text[at] for at in where.tolist()) for where in (without, alone)))
            boxes = _boxes(setting, slice(*lines[both].tolist()), pixels.shape)
            pages.append(Page(pixels, own, tokens, wanting, drawn, lacking, boxes))
        return pages


def _between(indices: NDArray[np.int64], start: int, end: int) -> NDArray[np.int64]:
    """The part of ascending indices from `start` to before `end`."""
    return indices[slice(*np.searchsorted(indices, (start, end)))]


def _boxes(setting: PlacedText, lines: slice, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Box of each line on a page of that shape."""
    places, (height, width) = setting.pagination, shape[:2]
    left = places.left[lines]
    right = np.minimum(left + setting.profile.text_width, width)
    boxes = np.stack([left, places.top[lines], right, np.minimum(places.bottom[lines], height)], axis=1)
    return boxes.astype(np.int32)


def _pixels(setting: PlacedText, lines: slice, characters: slice) -> NDArray[np.uint8]:
    """Pixels of the page that holds these lines and characters."""
    profile, places = setting.profile, setting.pagination
    last = lines.stop == len(places.top)
    shape = (crop.height(profile, int(places.bottom[lines].max()), last=last), profile.width)
    ink, mark_ink = cover(setting, characters, shape)
    paragraphs = _paragraphs(setting, lines) if profile.has_paragraph_style else []
    return finished(profile, ink, mark_ink, paragraphs, last=last)


def cover(
    setting: PlacedText, characters: slice, shape: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Return the ink of some characters, and that of newline marks if they have a colour of their own."""
    inked = np.flatnonzero(setting.glyphs[characters] >= 0) + characters.start
    marks = setting.shaped.marks[inked]
    weight, mark_ink = mark_weight(setting.profile), None
    if weight is None:
        mark_ink = _ink(setting, inked[marks], shape)
        inked, weight = inked[~marks], 256
    weights = None if weight == 256 else np.where(marks, weight, 256).astype(np.uint16)
    return _ink(setting, inked, shape, weights), mark_ink


def finished(
    profile: Profile,
    ink: NDArray[np.uint8],
    mark_ink: NDArray[np.uint8] | None,
    paragraphs: list[Box],
    *,
    last: bool,
) -> NDArray[np.uint8]:
    """Return the pixels of a page, cropped and in its colours; `last` if no page follows."""
    if profile.crop_width or not profile.on_grid:
        rows, columns = crop.to_ink(ink if mark_ink is None else ink | mark_ink, profile, last=last)
        ink, mark_ink = ink[:rows, :columns], None if mark_ink is None else mark_ink[:rows, :columns]
    return paint(profile, ink, mark_ink, paragraphs)


def _ink(
    setting: PlacedText,
    characters: NDArray[np.int64],
    shape: tuple[int, int],
    weights: NDArray[np.uint16] | None = None,
) -> NDArray[np.uint8]:
    line_of = setting.lines.line_of[characters]
    x = setting.lines.x[characters] + setting.pagination.left[line_of] * UNIT
    return draw(
        setting.glyphs[characters], x, setting.pagination.baseline[line_of], setting.atlas, shape, weights
    )


def _paragraphs(setting: PlacedText, lines: slice) -> list[Box]:
    """Boxes of the parts of paragraphs in one column of the page."""
    profile, places = setting.profile, setting.pagination
    boxes: list[Box] = []
    for line in range(lines.start, lines.stop):
        left = int(places.left[line] + profile.left_indent)
        right = int(places.left[line] + profile.text_width - profile.right_indent)
        if line > lines.start and not setting.lines.opens[line] and places.top[line] > places.top[line - 1]:
            left, top = boxes.pop()[:2]
        else:
            top = int(places.top[line])
        boxes.append((left, top, right, int(places.bottom[line])))
    return boxes
