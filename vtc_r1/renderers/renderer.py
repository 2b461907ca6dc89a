"""The renderer: text in, pages out; pure and deterministic."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.atlas import UNIT, load_atlas
from vtc_r1.renderers.draw import draw
from vtc_r1.renderers.layout import Layout, lay_out
from vtc_r1.renderers.page import Page
from vtc_r1.renderers.profile import Profile, load_profile


class Renderer:
    """Turns text into pages by one profile.

    Args:
        profile: a Profile, the name of a shipped one, or the path of a `.toml` file.

    Raises:
        UnknownName: no profile of that name is shipped.
        ProfileError: the profile's file cannot be used.
    """

    def __init__(self, profile: Profile | str | Path = "default") -> None:
        self.profile = profile if isinstance(profile, Profile) else load_profile(profile)

    def render(self, text: str) -> list[Page]:
        """Draw `text`; the slices of all pages join to it, and empty text gives no page."""
        if not text:
            return []
        profile = self.profile
        atlas = load_atlas(profile.font, profile.font_size, profile.cell)
        layout = lay_out(text, profile, atlas)
        centred = atlas.baseline(profile.font_size, profile.line_height)
        baseline = profile.margin + (profile.baseline or centred)
        first_lines = range(0, len(layout.starts), profile.lines_per_page)
        glyph_ends = np.searchsorted(layout.line_of, [*first_lines[1:], len(layout.starts)])
        pages, glyph = [], 0
        for first, glyph_end in zip(first_lines, glyph_ends, strict=True):
            on_page = slice(glyph, int(glyph_end))
            glyph = int(glyph_end)
            lines = min(profile.lines_per_page, len(layout.starts) - first)
            pixels = draw(
                layout.glyphs[on_page],
                layout.x[on_page] + profile.margin * UNIT,
                (layout.line_of[on_page] - first) * profile.line_height + baseline,
                atlas,
                (self._height(lines), profile.width),
            )
            pages.append(self._page(text, layout, first, lines, pixels))
        return pages

    def _height(self, lines: int) -> int:
        """Height of a page that holds `lines`: on the grid, and not under the family's least area."""
        profile = self.profile
        if not profile.crop or lines == profile.lines_per_page:
            return profile.height
        vision = profile.vision
        needed = vision.snap(2 * profile.margin + lines * profile.line_height)
        return min(profile.height, max(needed, vision.snap(-(-vision.min_pixels // profile.width))))

    def _page(self, text: str, layout: Layout, first: int, lines: int, pixels: NDArray[np.uint8]) -> Page:
        start = int(layout.starts[first])
        after = first + lines
        end = int(layout.starts[after]) if after < len(layout.starts) else layout.length
        missing = np.searchsorted(layout.missing, [start, end])
        height, width = pixels.shape
        tokens = self.profile.vision.tokens(width, height)
        return Page(pixels, text[start:end], tokens, missing_glyphs=int(missing[1] - missing[0]))
