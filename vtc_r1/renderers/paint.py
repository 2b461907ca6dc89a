"""Paint: ink coverage to the colours of a profile."""

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.profile import Profile

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]  #: left, top, right and bottom in pixels; right and bottom are outside


def mark_weight(profile: Profile) -> int | None:
    """Strength out of 256 with which the newline marks can be drawn in the colour of the text.

    None if that is impossible: a colour is not grey, paragraphs have a style, or a mark would be stronger
    than the text.
    """
    if profile.newline_ink is None or profile.newline_ink == profile.ink:
        return 256
    colours = (profile.ink, profile.newline_ink, profile.background)
    if not all(map(_is_grey, colours)) or profile.has_paragraph_style:
        return None
    ink, mark, paper = (int(_rgb(colour)[0]) for colour in colours)
    share = round(256 * (paper - mark) / (paper - ink)) if paper != ink else -1
    return share if 0 <= share <= 256 else None


def paint(profile: Profile, ink: Pixels, mark_ink: Pixels | None, paragraphs: list[Box]) -> Pixels:
    """Colour a page.

    Args:
        profile: whose colours apply.
        ink: coverage of the text, shape (height, width), 0 to 255; it may be overwritten.
        mark_ink: coverage of the newline marks, if they have a colour of their own.
        paragraphs: boxes of the paragraphs on the page.

    Returns:
        Shape (height, width) if every colour is a grey, else (height, width, 3).
    """
    if (
        not profile.has_paragraph_style
        and mark_ink is None
        and _is_grey(profile.ink)
        and _is_grey(profile.background)
    ):
        return _greys(profile, ink)
    canvas = np.empty((*ink.shape, 3), np.uint8)
    canvas[:] = _rgb(profile.background)
    for box in paragraphs:
        _draw_paragraph_style(canvas, box, profile)
    _blend(canvas, ink, profile.ink)
    if mark_ink is not None:
        _blend(canvas, mark_ink, profile.newline_ink or profile.ink)
    return canvas[:, :, 0].copy() if _is_all_grey(profile) else canvas


def _greys(profile: Profile, ink: Pixels) -> Pixels:
    """Grey ink on a grey page: one look-up per pixel, or none for black on white."""
    paper, dark = int(_rgb(profile.background)[0]), int(_rgb(profile.ink)[0])
    if (paper, dark) == (255, 0):
        return np.subtract(255, ink, out=ink)
    cover = np.arange(256)
    return ((paper * (255 - cover) + dark * cover + 127) // 255).astype(np.uint8).take(ink)


def _draw_paragraph_style(canvas: Pixels, box: Box, profile: Profile) -> None:
    """Fill a paragraph's box and draw its border around the box and its padding."""
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


def _is_grey(colour: str) -> bool:
    return len(set(_rgb(colour).tolist())) == 1


def _is_all_grey(profile: Profile) -> bool:
    used = [profile.ink, profile.background, profile.newline_ink, profile.paragraph_background]
    used.append(profile.border_color if profile.border_width else None)
    return all(_is_grey(colour) for colour in used if colour)
