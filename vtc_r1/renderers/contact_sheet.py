"""A contact sheet: one text in several variants, side by side, with their costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from PIL import Image, ImageDraw, ImageFont

from vtc_r1.renderers.page import Page

_GAP = 16
_CAPTION, _LEADING = 15, 20
_GREY, _INK = (208, 208, 208), (0, 0, 0)


@dataclass(frozen=True)
class Variant:
    """One column of the sheet."""

    name: str  #: its name
    pages: Sequence[Page]  #: all its pages
    lines: Sequence[str]  #: the lines below the first page


def contact_sheet(variants: Sequence[Variant]) -> Image.Image:
    """Draw the first page of each variant at 1:1, with its name above and its lines below."""
    font = ImageFont.truetype(
        str(resources.files("vtc_r1.renderers") / "fonts" / "DejaVuSans.ttf"),
        _CAPTION,
        layout_engine=ImageFont.Layout.BASIC,
    )
    texts = [[variant.name, *variant.lines] for variant in variants]
    widths = [
        max(variant.pages[0].width if variant.pages else 0, *(round(font.getlength(line)) for line in lines))
        for variant, lines in zip(variants, texts, strict=True)
    ]
    tallest = max((variant.pages[0].height for variant in variants if variant.pages), default=0)
    under = max(len(variant.lines) for variant in variants) * _LEADING
    size = (sum(widths) + _GAP * (len(widths) + 1), tallest + under + _LEADING + 3 * _GAP)
    sheet = Image.new("RGB", size, _GREY)
    pen, left = ImageDraw.Draw(sheet), _GAP
    for variant, width in zip(variants, widths, strict=True):
        pen.text((left, _GAP // 2), variant.name, _INK, font)
        top = _LEADING + _GAP
        if variant.pages:
            sheet.paste(Image.fromarray(variant.pages[0].pixels).convert("RGB"), (left, top))
            top += variant.pages[0].height + _GAP // 2
        for number, line in enumerate(variant.lines):
            pen.text((left, top + number * _LEADING), line, _INK, font)
        left += width + _GAP
    return sheet
