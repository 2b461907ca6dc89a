r"""A canary: a short random line at the end of a page, which the model repeats before it goes on.

Its letters and digits form no word and cannot be inferred, so a model that repeats them has read the page.
The answer to all pages of a prompt is one tag, `<canary>k7q4 m3x9</canary>`, the oldest page first.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import ProfileError
from vtc_r1.memory.sizes import sized
from vtc_r1.renderers import Page, Profile, Renderer

Outcome = Literal["right", "wrong", "missing"]

TAG = re.compile(r"<canary>([^<]{0,4000})</canary>")
_SIGNS = "23456789bcdfghjkmnpqrstvwxz"  #: no vowels, hence no words, and no characters that look alike
_LENGTH = 4
_LINE = "check: {code}"
_CODE = re.compile(r"[^\W_]+")
_GAP = 3  #: pixels above the line


def code_of(page: Page, seed: int | None) -> str:
    """Return the code of a page, the same in every prompt of a solve.

    Args:
        page: the page without its canary.
        seed: seed of the solve; None counts as 0.
    """
    drawn = random.Random(f"{seed or 0} {page.sha256}")
    return "".join(drawn.choices(_SIGNS, k=_LENGTH))


def marked(page: Page, code: str, profile: Profile) -> Page | None:
    """Return a page with the line of its canary, in the size of its text; None if there is no room for one.

    The line goes into the space below the text, else beside the last line; if both are too small, the page is
    enlarged, provided that its profile crops pages.
    """
    line = _line(page, code, profile)
    if line is None:
        return None
    high, wide = line.shape[:2]
    left = 0 if page.lines is None or not len(page.lines) else int(page.lines[0][0])
    inked = _is_inked(page.pixels)
    rows = np.flatnonzero(inked.any(axis=1))
    top = int(rows[-1]) + 1 + _GAP if len(rows) else _GAP
    grid = profile.vision.grid if profile.on_grid else 1
    room = (page.height, page.width)
    if top + high > page.height or left + wide > page.width:
        beside = page.height - high - 1, page.width - wide - max(1, left)
        if min(beside) > 0 and not inked[beside[0] - 1 :, beside[1] - 3 * high :].any():
            top, left = beside
        elif not profile.crop:
            return None
        else:
            room = (
                max(room[0], -(-(top + high) // grid) * grid),
                max(room[1], -(-(left + wide) // grid) * grid),
            )
    if profile.on_grid and profile.vision.resized(room[1], room[0]) != (room[1], room[0]):
        return None
    drawn = np.empty((*room, *page.pixels.shape[2:]), np.uint8)
    drawn[...] = page.pixels[-1, -1]
    drawn[: page.height, : page.width] = page.pixels
    drawn[top : top + high, left : left + wide] = line
    drawn.flags.writeable = False
    grew = room != (page.height, page.width)
    tokens = profile.vision.tokens(room[1], room[0]) if grew else page.vision_tokens
    return replace(page, pixels=drawn, vision_tokens=tokens)


def _line(page: Page, code: str, profile: Profile) -> NDArray[np.uint8] | None:
    """Return the pixels of a canary's line, without the white around it."""
    factor = 1.0
    if page.lines is not None and len(page.lines) and profile.line_height:
        factor = float(page.lines[0][3] - page.lines[0][1]) / profile.line_height
    try:
        renderer = Renderer(profile) if abs(factor - 1) < 0.05 else sized(profile, round(factor, 2))
        pixels = renderer.render(_LINE.format(code=code))[0].pixels
    except ProfileError:
        return None
    inked = _is_inked(pixels)
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows) or pixels.ndim != page.pixels.ndim:
        return None
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _is_inked(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels differ from the background, the colour of the last pixel."""
    inked: NDArray[np.bool_] = pixels != pixels[-1, -1]
    return inked if inked.ndim == 2 else np.logical_or.reduce(inked, axis=2)


def compared(codes: Sequence[str], text: str) -> list[Outcome]:
    """Return the outcome of each code in a segment.

    A code is wrong if something else is written in its place, and missing if nothing is.
    """
    found = TAG.search(text)
    if found is None:
        return ["missing"] * len(codes)
    said = _CODE.findall(found[1].lower())[: 2 * len(codes) + 8]
    outcomes: list[Outcome] = ["missing"] * len(codes)
    for kind, first, last, start, end in SequenceMatcher(None, codes, said, autojunk=False).get_opcodes():
        for at in range(first, last):
            if kind == "equal":
                outcomes[at] = "right"
            elif at - first < end - start:
                outcomes[at] = "wrong"
    return outcomes
