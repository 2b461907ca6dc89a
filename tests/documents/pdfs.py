"""Small PDFs for tests, made here."""

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image


def pdf(
    pages: Sequence[str],
    *,
    size: tuple[float, float] = (595, 842),
    password: str | None = None,
    colour: tuple[float, float, float] | None = None,
) -> bytes:
    """A PDF with a text a page."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    options: dict[str, Any] = {"encrypt": StandardEncryption(password)} if password else {}
    canvas = Canvas(file, pagesize=size, invariant=1, **options)
    for text in pages:
        if colour is not None:
            canvas.setFillColorRGB(*colour)
            canvas.rect(40, 40, 100, 60, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        written = canvas.beginText(50, size[1] - 60)
        for line in text.split("\n"):
            written.textLine(line)
        canvas.drawText(written)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def scan() -> bytes:
    """A PDF of one picture, without a text layer."""
    file = io.BytesIO()
    Image.new("RGB", (300, 400), (200, 220, 240)).save(file, "PDF")
    return file.getvalue()
