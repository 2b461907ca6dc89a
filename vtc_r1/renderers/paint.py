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
    if _is_grey(profile) and not profile.dresses:
        return _greys(profile, ink, mark_ink)
    canvas = np.empty((*ink.shape, 3), np.uint8)
    canvas[:] = _rgb(profile.background)
    for box in paragraphs:
        _dress(canvas, box, profile)
    _blend(canvas, ink, profile.ink)
    if mark_ink is not None:
        _blend(canvas, mark_ink, profile.newline_ink or profile.ink)
    return canvas[:, :, 0].copy() if _is_grey(profile) else canvas


def _greys(profile: Profile, ink: Pixels, mark_ink: Pixels | None) -> Pixels:
    """Grey ink on a grey page: one look-up for each pixel."""
    cover, paper = np.arange(256), int(_rgb(profile.background)[0])
    shades = (paper * (255 - cover) + int(_rgb(profile.ink)[0]) * cover + 127) // 255
    canvas = shades.astype(np.uint8).take(ink)
    if mark_ink is not None:
        _blend(canvas[:, :, None], mark_ink, profile.newline_ink or profile.ink)
    return canvas


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


def _blend(canvas: Pixels, ink: Pixels, colour: str) -> None:
    """Lay ink of one colour over a canvas of one or three channels."""
    inked = ink.nonzero()
    cover = ink[inked][:, None].astype(np.int32)
    mixed = canvas[inked] * (255 - cover) + _rgb(colour)[: canvas.shape[2]] * cover
    canvas[inked] = (mixed + 127) // 255


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
