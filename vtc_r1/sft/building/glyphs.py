"""Characters that pages cannot show legibly, and the fonts that decide which ones they are."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from vtc_r1.errors import ProfileError
from vtc_r1.renderers import Page, Profile
from vtc_r1.renderers.fallback import fallback_faces
from vtc_r1.renderers.typeface import Typeface, find_typeface


@dataclass
class GlyphCount:
    """Characters on pages, and how many of them are drawn as escapes or lack the shaping that they need."""

    characters: int = 0
    missing: int = 0
    scripts: set[str] = field(default_factory=set)  #: names of the scripts of missing ones

    @classmethod
    def of(cls, pages: Iterable[Page]) -> Self:
        """Count the characters of some pages, of each page once."""
        found = cls()
        for page in {id(page): page for page in pages}.values():
            scripts = {lack.script for lack in page.lacks}
            found.add(len(page.text), page.missing_glyphs, scripts)
        return found

    def add(self, characters: int, missing: int, scripts: Iterable[str]) -> None:
        """Count further characters."""
        self.characters += characters
        self.missing += missing
        self.scripts |= set(scripts)

    @property
    def share(self) -> float:
        """Share of the characters that are missing."""
        return self.missing / max(1, self.characters)

    def __str__(self) -> str:
        """Describe them in words."""
        scripts = f" ({', '.join(sorted(self.scripts))})" if self.scripts else ""
        return f"{self.missing:,} of {self.characters:,}{scripts}"


def fonts_of(profiles: Iterable[Profile]) -> tuple[str, ...]:
    """Return name and hash of every font that can draw the pages of some profiles here."""
    faces = {
        face
        for profile in profiles
        for face in (find_typeface(profile.font), *fallback_faces(profile.fallback))
    }
    return tuple(sorted(f"{face.path.name}#{face.face} {_hash(face)}" for face in faces))


def _hash(face: Typeface) -> str:
    try:
        return face.sha256[:16]
    except ProfileError:
        return "unreadable"  # then pages are not drawn with it either
