"""Ways from text to PNG pages: reportlab with poppler, plain Pillow, Skia, Cairo, and the project's renderer.

The baseline has the geometry of the VTC-R1 paper (arXiv 2601.22069): 595×842 pt at 72 dpi, DejaVu Sans 9
on 10, margins 10. Its code is written from those figures.
"""

import io
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image, ImageChops, ImageDraw, ImageFont

from vtc_r1.renderers import Profile, Renderer

FONT = str(resources.files("vtc_r1.renderers") / "fonts" / "DejaVuSans.ttf")
WIDTH, HEIGHT, MARGIN, SIZE, LEADING = 595, 842, 10, 9, 10
LINES_PER_PARAGRAPH = 30
PILLOW_WIDTH, PILLOW_HEIGHT, PILLOW_MARGIN = 672, 896, 4


@dataclass(frozen=True)
class Drawn:
    """One page as a PNG file, and its cost as the renderer states it (None from other pipelines)."""

    png: bytes
    vision_tokens: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, from the PNG header."""
        width, height = struct.unpack(">II", self.png[16:24])
        return width, height


Pipeline = Callable[[str], list[Drawn]]


def ours(profile: Profile) -> Pipeline:
    """The project's renderer by `profile`."""
    renderer = Renderer(profile)
    return lambda text: [Drawn(page.png, page.vision_tokens) for page in renderer.render(text)]


def baseline(text: str) -> list[Drawn]:
    """Text → PDF by reportlab → pictures by poppler → cropped PNG with Pillow's default settings.

    Every call does what a self-contained function does: it registers its font and asks for the number
    of pages before it converts them.
    """
    from pdf2image import convert_from_bytes, pdfinfo_from_bytes

    _style.cache_clear()
    document = _pdf(text)
    count = int(pdfinfo_from_bytes(document)["Pages"])
    pages = convert_from_bytes(document, dpi=72, first_page=1, last_page=count)
    return [Drawn(_png(_cropped(page, is_last=page is pages[-1]))) for page in pages]


def lean(text: str) -> list[Drawn]:
    """The baseline with its font registered once a process, and nothing asked twice."""
    from pdf2image import convert_from_bytes

    pages = convert_from_bytes(_pdf(text), dpi=72)
    return [Drawn(_png(_cropped(page, is_last=page is pages[-1]))) for page in pages]


def _pdf(text: str) -> bytes:
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    lines = [_markup(line) for line in text.split("\n")]
    blocks = [lines[at : at + LINES_PER_PARAGRAPH] for at in range(0, len(lines), LINES_PER_PARAGRAPH)]
    file = io.BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    document = SimpleDocTemplate(file, pagesize=(WIDTH, HEIGHT), **margins)
    document.build([Paragraph("<br/>".join(block), _style()) for block in blocks])
    return file.getvalue()


def _markup(line: str) -> str:
    return re.sub(r"  +", lambda run: "\u00a0" * len(run[0]), escape(line).replace("\t", "    "))


@cache
def _style() -> Any:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont("DejaVuSans", FONT))
    return ParagraphStyle("page", fontName="DejaVuSans", fontSize=SIZE, leading=LEADING)


def _cropped(page: Image.Image, is_last: bool) -> Image.Image:
    """Cut the width to the ink and the margin, and on the last page the height."""
    ink = ImageChops.difference(page, Image.new(page.mode, page.size, "white")).getbbox()
    if ink is None:
        return page
    right, bottom = min(page.width, ink[2] + MARGIN), min(page.height, ink[3] + MARGIN)
    return page.crop((0, 0, right, bottom if is_last else page.height))


def pillow(text: str) -> list[Drawn]:
    """Grey pages drawn line by line with ImageDraw, words wrapped by remembered widths, PNG level 1."""
    face, pages = _face(), []
    for height, lines in _set(text, _width):
        page = Image.new("L", (PILLOW_WIDTH, height), 255)
        pen = ImageDraw.Draw(page)
        for row, line in enumerate(lines):
            pen.text((PILLOW_MARGIN, PILLOW_MARGIN + LEADING * row), line, 0, face)
        pages.append(Drawn(_png(page, compress_level=1)))
    return pages


def skia(text: str) -> list[Drawn]:
    """The same drawn by Skia, words wrapped by its own remembered widths, its PNG."""
    import skia

    font, paint, pages = _skia_font(), skia.Paint(AntiAlias=True), []
    for height, lines in _set(text, _skia_width):
        surface = skia.Surface.MakeRaster(skia.ImageInfo.Make(PILLOW_WIDTH, height, *_skia_grey()))
        canvas = surface.getCanvas()
        canvas.clear(skia.ColorWHITE)
        for row, line in enumerate(lines):
            canvas.drawString(line, PILLOW_MARGIN, PILLOW_MARGIN + LEADING * row + SIZE, font, paint)
        pages.append(Drawn(bytes(surface.makeImageSnapshot().encodeToData(skia.kPNG, 100))))
    return pages


def cairo(text: str) -> list[Drawn]:
    """The same drawn by Cairo, through cairocffi, with Cairo's own PNG."""
    import cairocffi

    pages = []
    for height, lines in _set(text, _cairo_width):
        surface = cairocffi.ImageSurface(cairocffi.FORMAT_RGB24, PILLOW_WIDTH, height)
        context = _cairo_context(surface)
        context.set_source_rgb(1, 1, 1)
        context.paint()
        context.set_source_rgb(0, 0, 0)
        for row, line in enumerate(lines):
            context.move_to(PILLOW_MARGIN, PILLOW_MARGIN + LEADING * row + SIZE)
            context.show_text(line)
        pages.append(Drawn(bytes(surface.write_to_png() or b"")))
    return pages


def _set(text: str, width: Callable[[str], float]) -> Iterator[tuple[int, list[str]]]:
    """Height and lines of each page."""
    lines = [line for source in text.split("\n") for line in _wrapped(source, width)]
    per_page = (PILLOW_HEIGHT - 2 * PILLOW_MARGIN) // LEADING
    for at in range(0, len(lines), per_page):
        on_page = lines[at : at + per_page]
        is_full = len(on_page) == per_page
        yield PILLOW_HEIGHT if is_full else 2 * PILLOW_MARGIN + LEADING * len(on_page), on_page


def _wrapped(line: str, measured: Callable[[str], float]) -> list[str]:
    limit, space = PILLOW_WIDTH - 2 * PILLOW_MARGIN, measured(" ")
    lines: list[str] = []
    words: list[str] = []
    used = 0.0
    for word in _pieces(line, limit, measured):
        width = measured(word)
        if words and used + space + width > limit:
            lines.append(" ".join(words))
            words, used = [word], width
        else:
            used += (space if words else 0) + width
            words.append(word)
    return [*lines, " ".join(words)]


def _pieces(line: str, limit: float, measured: Callable[[str], float]) -> list[str]:
    """The words of a line, one that is wider than the page cut in pieces."""
    pieces = []
    for word in line.split(" "):
        while measured(word) > limit:
            cut = max(1, int(len(word) * limit / measured(word)))
            while cut > 1 and measured(word[:cut]) > limit:
                cut -= 1
            pieces.append(word[:cut])
            word = word[cut:]
        pieces.append(word)
    return pieces


@cache
def _skia_font() -> Any:
    import skia

    return skia.Font(skia.Typeface.MakeFromFile(FONT), SIZE)


@cache
def _skia_grey() -> tuple[Any, Any]:
    import skia

    return skia.kGray_8_ColorType, skia.kOpaque_AlphaType


@cache
def _skia_width(word: str) -> float:
    return float(_skia_font().measureText(word))


def _cairo_context(surface: Any) -> Any:
    import cairocffi

    context = cairocffi.Context(surface)
    context.select_font_face("DejaVu Sans")
    context.set_font_size(SIZE)
    return context


@cache
def _cairo_measure() -> Any:
    import cairocffi

    return _cairo_context(cairocffi.ImageSurface(cairocffi.FORMAT_A8, 1, 1))


@cache
def _cairo_width(word: str) -> float:
    return float(_cairo_measure().text_extents(word)[4])


@cache
def _width(word: str) -> float:
    return _face().getlength(word)


@cache
def _face() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, SIZE, layout_engine=ImageFont.Layout.BASIC)


def _png(image: Image.Image, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()
