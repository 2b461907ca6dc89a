"""Documents as pages and as text."""

import numpy as np
import pytest

from tests.documents.pdfs import pdf, scan
from vtc_r1.documents import Document, show
from vtc_r1.documents.pdf import text_layer
from vtc_r1.errors import DocumentError
from vtc_r1.memory import memory_policy
from vtc_r1.renderers import Renderer

CODE = "def f(x):\n\tif x:\n\t\treturn $x$  # \\frac{1}{2}\n\n    return 0\n"


def of_pdf(data: bytes) -> Document:
    return Document("a.pdf", "pdf", data, text_layer(data, "a.pdf"))


def test_code_keeps_its_lines_its_indentation_and_its_dollars() -> None:
    shown = show(Document.of_text(CODE, "f.py", "code"), "pages", Renderer("default"))
    (page,) = shown.pages
    assert page.text == CODE.expandtabs(4)
    assert "↵" not in page.drawn
    assert "        return $x$  # \\frac{1}{2}" in page.drawn
    left = [
        np.flatnonzero((page.pixels[4 + 11 * line : 15 + 11 * line] < 128).any(axis=0))[0]
        for line in (0, 1, 2)
    ]
    assert np.diff(left).min() > 15, "each level of indentation stands further right"


def test_prose_is_packed_and_latex_is_linear() -> None:
    text = "First line\nsecond: $\\frac{1}{2}$\n"
    (page,) = show(Document.of_text(text, "a.tex", "latex"), "pages", Renderer("default")).pages
    assert "↵" in page.drawn and "1/2" in page.drawn


@pytest.mark.parametrize("profile", ["default", "paper", "glyph-en", "deepseek-base"])
@pytest.mark.parametrize("size", [(595, 842), (842, 595), (200, 2000)])
def test_pdf_pages_lie_on_the_grid_of_the_family(profile: str, size: tuple[int, int]) -> None:
    renderer = Renderer(profile)
    shown = show(of_pdf(pdf(["Hello", "again"], size=size)), "pages", renderer)
    family, area = renderer.profile.vision, renderer.profile.width * renderer.profile.height
    assert len(shown.pages) == 2
    for page in shown.pages:
        assert page.width % family.grid == 0 and page.height % family.grid == 0
        assert (page.width > page.height) == (size[0] > size[1])
        assert 0.8 < page.width * page.height / area < 1.25
        assert page.vision_tokens == family.tokens(page.width, page.height)
        assert page.pixels.min() < 100 and page.pixels.max() == 255
        assert not page.pixels.flags.writeable
    assert [page.text.strip() for page in shown.pages] == ["Hello", "again"]


def test_pdf_pages_keep_their_colours_and_recur_byte_by_byte() -> None:
    document = of_pdf(pdf(["red"], colour=(1, 0, 0)))
    (page,) = show(document, "pages", Renderer("default")).pages
    assert page.pixels.ndim == 3
    assert (page.pixels == (255, 0, 0)).all(axis=2).sum() > 1_000
    again = Document("a.pdf", "pdf", bytes(bytearray(document.data)), document.written)
    assert show(again, "pages", Renderer("default")).pages[0].png == page.png
    assert show(of_pdf(pdf(["grey"])), "pages", Renderer("default")).pages[0].pixels.ndim == 2


def test_a_scan_is_pages_but_no_text() -> None:
    document = of_pdf(scan())
    assert len(show(document, "pages", Renderer("default")).pages) == 1
    with pytest.raises(DocumentError, match="no text layer"):
        show(document, "text", Renderer("default"))


def test_blank_pages_cost_the_same_and_show_nothing() -> None:
    document = Document.of_text("something " * 500)
    inked, white = (show(document, form, Renderer("default")) for form in ("pages", "blank"))
    assert white.vision_tokens == inked.vision_tokens
    assert all(page.pixels.min() == 255 and page.text == "" for page in white.pages)


@pytest.mark.parametrize(
    ("memory", "form"),
    [("optical", "pages"), ("hybrid", "pages"), ("forget", "pages"), ("text", "text"), ("single", "text"),
     ("blank", "blank"), ("decay:after=2", "pages"), ("text:budget=100", "text"), ("reread", "pages")],
)  # fmt: skip
def test_the_form_follows_the_memory(memory: str, form: str) -> None:
    assert memory_policy(memory).kind.documents == form


def test_characters_without_a_font_are_counted() -> None:
    shown = show(Document.of_text("a \U00010a00 b \ue000 c"), "pages", Renderer("default"))
    assert shown.missing_glyphs == shown.pages[0].missing_glyphs >= 1
    assert "⟨U+E000⟩" in shown.pages[0].drawn
