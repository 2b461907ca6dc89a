"""A document as it is shown to the model: as pages, as white pages, or as text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vtc_r1.documents.document import Document
from vtc_r1.estimates import characters_per_token
from vtc_r1.renderers import Page, Profile, Renderer

Form = Literal["pages", "blank", "text"]
"""How documents are shown; the memory policy decides."""
_TAB = 4


@dataclass(frozen=True)
class Shown:
    """A document in the form in which prompts carry it.

    Attributes:
        document: what is shown.
        form: form in which it is shown.
        pages: its pages, none if it is shown as text.
        characters_per_token: characters per token of its text.
    """

    document: Document
    form: Form
    pages: tuple[Page, ...]
    characters_per_token: float

    @property
    def text(self) -> str | None:
        """The text that is shown, None if it is shown as pages."""
        return self.document.written if self.form == "text" else None

    @property
    def text_tokens(self) -> int:
        """Tokens of its text, counted or estimated, also if it is shown as pages."""
        return round(len(self.document.written) / self.characters_per_token)

    @property
    def vision_tokens(self) -> int:
        """Vision tokens of its pages."""
        return sum(page.vision_tokens for page in self.pages)

    @property
    def missing_glyphs(self) -> int:
        """Characters that are drawn as escapes because no font has them, or without shaping."""
        return sum(page.missing_glyphs for page in self.pages)


def show(
    document: Document,
    form: Form,
    renderer: Renderer,
    rate: Callable[[str], float] = characters_per_token,
) -> Shown:
    """Convert a document to a form; pages are encoded too, since every prompt will carry them.

    Args:
        document: what to show.
        form: form in which to show it.
        renderer: draws pages.
        rate: returns the characters per token of a text.

    Raises:
        DocumentError: a PDF without a text layer cannot be shown as text.
        MissingExtra: the package that draws PDFs is not installed.
    """
    if form == "text":
        document.check_text()
        return Shown(document, form, (), rate(document.written))
    pages = [page.blank() if form == "blank" else page for page in _drawn(document, renderer)]
    return Shown(document, form, tuple(page.ready() for page in pages), rate(document.written))


def _drawn(document: Document, renderer: Renderer) -> list[Page]:
    if document.kind == "pdf":
        from vtc_r1.documents.pdf import draw_pages

        return draw_pages(document.data, renderer.profile, document.name)
    if document.kind == "code":
        setting = Renderer(code_profile(renderer.profile))
        return setting.render(document.written.expandtabs(_TAB))
    return renderer.render(document.written)


def code_profile(profile: Profile) -> Profile:
    """Return the profile for code: lines and columns unchanged."""
    monospaced = profile.font == "DejaVuSans" and not profile.fit_sizes and profile.cell is None
    font = "DejaVuSansMono" if monospaced else profile.font
    return profile.replace(layout="lines", latex="source", font=font)
