"""Paint: ink coverage to the colours of a profile."""

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.profile import Profile

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels; right and bottom are outside."""


def paint(profile: Profile, ink: Pixels, mark_ink: Pixels | None, paragraphs: list[Box]) -> Pixels:
    """Colour a page.

    Args:
        profile: whose colours apply.
        ink: coverage of the text, shape (height, width), 0 to 255.
        mark_ink: coverage of the newline marks, where they have a colour of their own.
        paragraphs: boxes of the paragraphs on the page.

    Returns:
        Shape (height, width) where every colour is a grey, else (height, width, 3).
    """
    if _is_plain(profile):
        return 255 - ink
    canvas = np.empty((*ink.shape, 3), np.uint8)
    canvas[:] = _rgb(profile.background)
    for box in paragraphs:
        _dress(canvas, box, profile)
    canvas = _blend(canvas, ink, _rgb(profile.ink))
    if mark_ink is not None:
        canvas = _blend(canvas, mark_ink, _rgb(profile.newline_ink or profile.ink))
    return canvas[:, :, 0].copy() if _is_grey(profile) else canvas


def _dress(canvas: Pixels, box: Box, profile: Profile) -> None:
    """Fill a paragraph's box and draw its border, which stands around the box and its padding."""
    padding, line = round(profile.border_padding), round(profile.border_width)
    inner, outer = _slices(box, padding), _slices(box, padding + line)
    kept = canvas[inner].copy()
    if line:
        canvas[outer] = _rgb(profile.border_color or profile.ink)
    canvas[inner] = kept if profile.paragraph_background is None else _rgb(profile.paragraph_background)


def _slices(box: Box, margin: int) -> tuple[slice, slice]:
    left, top, right, bottom = box
    rows = slice(max(0, top - margin), max(0, bottom + margin))
    return rows, slice(max(0, left - margin), max(0, right + margin))


def _blend(canvas: Pixels, ink: Pixels, colour: NDArray[np.int16]) -> Pixels:
    cover = ink[:, :, None].astype(np.int32)
    return ((canvas * (255 - cover) + colour * cover + 127) // 255).astype(np.uint8)


def _rgb(colour: str) -> NDArray[np.int16]:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], np.int16)


def _is_grey(profile: Profile) -> bool:
    used = [profile.ink, profile.background, profile.newline_ink, profile.paragraph_background]
    used.append(profile.border_color if profile.border_width else None)
    return all(len({*_rgb(colour).tolist()}) == 1 for colour in used if colour)


def _is_plain(profile: Profile) -> bool:
    """Whether a page is black on white and nothing else."""
    colours = (profile.ink, profile.newline_ink or profile.ink, profile.background.lower())
    return not profile.dresses and colours == ("#000000", "#000000", "#ffffff")
