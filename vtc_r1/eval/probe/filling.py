"""Filling a page: exactly one page of a text, whatever the profile."""

from collections.abc import Callable
from random import Random

from vtc_r1.errors import ProfileError
from vtc_r1.eval.probe.texts import TextKind
from vtc_r1.renderers import Page, Profile, Renderer

_LONGEST = 4_000_000
_WIDTH_OF_HEIGHT = 0.5
"""Of an average character, in font sizes."""


def filled(profile: Profile, draw: Callable[[int], str]) -> Page:
    """Draw the first page of a text that is long enough to fill it.

    Args:
        profile: of the page.
        draw: returns at least so many characters of the text, always the same ones.

    Raises ProfileError where even a very long text does not fill a page.
    """
    renderer, characters = Renderer(profile, cache=None), capacity(profile)
    while characters <= _LONGEST:
        pages = renderer.render(draw(characters))
        if len(pages) > 1:
            return pages[0]
        characters *= 2
    raise ProfileError(f"profile {profile.name}: no text of {_LONGEST} characters fills a page of it")


def capacity(profile: Profile) -> int:
    """Estimate how many characters fill a page, rather too many."""
    advance = profile.cell or _WIDTH_OF_HEIGHT * profile.font_size * profile.horizontal_scale
    return int(1.3 * profile.lines_per_page * profile.line_width / advance) + 64


def page_of(kind: TextKind, profile: Profile, seed: str) -> Page:
    """Fill a page with a kind of text; of the same seed, every profile shows the beginning of one text.

    A page of cells is filled cell by cell: its lines are as long as there is room, and hold no blank where
    the kind has letters of its own.
    """
    if profile.cell is not None and profile.layout == "lines" and kind.letters is not None:
        return _cells(kind.letters, profile, Random(seed))
    return filled(profile, lambda characters: kind.text(Random(seed), characters))


def _cells(letters: str, profile: Profile, rng: Random) -> Page:
    assert profile.cell is not None
    columns = int(profile.first_line_width // profile.cell)
    lines = ("".join(rng.choices(letters, k=columns)) for _ in range(profile.lines_per_page))
    pages = Renderer(profile, cache=None).render("\n".join(lines))
    return pages[0]
