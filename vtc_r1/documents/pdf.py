"""PDF documents: pages as pictures on the family's grid, and the text layer, read by PDFium."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import DocumentError, MissingExtra, first_line
from vtc_r1.renderers import Page, Profile
from vtc_r1.renderers.lru_cache import LruCache

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

MOST_PAGES = 2_000
"""Maximum number of pages of a PDF."""
_MOST_BYTES = 256 * 2**20
_one_at_a_time = Lock()
"""PDFium is not thread-safe."""
_drawn: LruCache[list[Page]] = LruCache(64, _MOST_BYTES)
_PASSWORD, _SECURITY = 4, 5
"""PDFium's codes for a wrong or missing password, and for an unknown protection."""


def text_layer(data: bytes, where: str) -> str:
    """Return the text of all pages, a form feed between them; empty for a scan.

    Raises:
        DocumentError: it is encrypted, damaged, without pages, or has too many.
        MissingExtra: pypdfium2 is not installed.
    """
    with _opened(data, where) as pdf:
        return "\f".join(_text(page) for page in _pages(pdf, where)).strip()


def draw_pages(data: bytes, profile: Profile, where: str) -> list[Page]:
    """Draw every page as large as a page of the profile, its sides rounded to the family's grid.

    The pages drawn last are cached; raises like `text_layer`.
    """
    key = (hash(data), len(data), profile.sha256)
    with _one_at_a_time:
        kept = _drawn.get(key)
    if kept is not None:
        return list(kept)
    with _opened(data, where) as pdf:
        pages = []
        for page in _pages(pdf, where):
            pixels = _pixels(page, _size(page, profile))
            tokens = profile.vision.tokens(pixels.shape[1], pixels.shape[0])
            pages.append(Page(pixels, _text(page), tokens))
        _drawn.put(key, list(pages), sum(2 * page.pixels.nbytes for page in pages))
    return pages


@contextmanager
def _opened(data: bytes, where: str) -> "Iterator[PdfDocument]":
    """Open a PDF, and hold the library's lock until it is closed."""
    try:
        from pypdfium2 import PdfDocument, PdfiumError
    except ImportError as error:
        raise MissingExtra("pypdfium2", "pdf", f"{where}: a PDF") from error
    with _one_at_a_time:
        try:
            pdf = PdfDocument(data)
        except PdfiumError as error:
            code = getattr(error, "err_code", None)
            if code in (_PASSWORD, _SECURITY) or "password" in str(error).lower():
                raise DocumentError(
                    f"{where}: is encrypted; save it without a password, as in qpdf --decrypt"
                ) from error
            raise DocumentError(
                f"{where}: is damaged, or not a PDF ({first_line(error)}); open it in a viewer and "
                "save it again"
            ) from error
        try:
            yield pdf
        except PdfiumError as error:
            raise DocumentError(f"{where}: a page cannot be drawn ({first_line(error)})") from error
        finally:
            pdf.close()


def _pages(pdf: "PdfDocument", where: str) -> "Iterator[PdfPage]":
    if not 1 <= len(pdf) <= MOST_PAGES:
        raise DocumentError(f"{where}: has {len(pdf)} pages; 1 to {MOST_PAGES:,} are allowed, so split it")
    for number in range(len(pdf)):
        page = pdf[number]
        try:
            yield page
        finally:
            page.close()


def _text(page: "PdfPage") -> str:
    layer = page.get_textpage()
    try:
        return str(layer.get_text_bounded()).replace("\r\n", "\n")
    finally:
        layer.close()


def _size(page: "PdfPage", profile: Profile) -> tuple[int, int]:
    """Width and height in pixels: the profile's area in the page's shape, on the grid."""
    wide, high = page.get_size()
    ratio = min(max(wide / high, 1 / 8), 8.0) if wide > 0 and high > 0 else 1.0
    area, grid = profile.width * profile.height, profile.vision.grid
    width = max(1, round(math.sqrt(area * ratio) / grid)) * grid
    height = max(1, round(math.sqrt(area / ratio) / grid)) * grid
    return width, height


def _pixels(page: "PdfPage", size: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw a page at exactly this size, so that nothing resamples it; in grey if it has no colour."""
    from pypdfium2 import PdfBitmap
    from pypdfium2 import raw as pdfium

    width, height = size
    bitmap = PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
    try:
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT)
        colours = np.ascontiguousarray(bitmap.to_numpy()[:, :, 2::-1])
    finally:
        bitmap.close()
    first = colours[:, :, :1]
    pixels = np.ascontiguousarray(colours[:, :, 0]) if (colours == first).all() else colours
    pixels.flags.writeable = False
    return pixels
