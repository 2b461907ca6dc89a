"""Filling exactly one page with text, whatever the profile."""

from collections.abc import Callable
from random import Random

from vtc_r1.errors import ProfileError
from vtc_r1.eval.probe.texts import TextKind
from vtc_r1.renderers import Page, Profile, Renderer

_LONGEST = 4_000_000
_WIDTH_OF_HEIGHT = 0.5
"""Width of an average character, in font sizes."""


def filled(profile: Profile, draw: Callable[[int], str]) -> Page:
    """Draw the first page of a text that is long enough to fill it.

    Args:
        profile: the profile of the page.
        draw: returns at least the given number of characters, always from the same text.

    Raises ProfileError if even a very long text does not fill a page.
    """
    renderer, characters = Renderer(profile, cache=None), capacity(profile)
    while characters <= _LONGEST:
        pages = renderer.render(draw(characters))
        if len(pages) > 1:
            return pages[0]
        characters *= 2
    raise ProfileError(f"profile {profile.name}: even {_LONGEST} characters do not fill a page")


def capacity(profile: Profile) -> int:
    """Estimate how many characters fill a page, erring on the high side."""
    advance = profile.cell or _WIDTH_OF_HEIGHT * profile.font_size * profile.horizontal_scale
    return int(1.3 * profile.lines_per_page * profile.line_width / advance) + 64


def page_of(kind: TextKind, profile: Profile, seed: str) -> Page:
    """Fill a page with a kind of text; with the same seed, every profile shows the same text.

    A page with a fixed cell is filled cell by cell if the kind defines letters: its lines have full length
    and no blanks.
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
