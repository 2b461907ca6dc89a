"""A Glyph configuration (arXiv 2510.17800) as the fields of a profile.

Glyph and VTC-R1 describe their pages in a JSON object whose lengths are points. Their pipeline
sets the text in a PDF frame and rasterises it with poppler; the consequences are described where
they are applied.
"""

import math
from html import unescape
from pathlib import PureWindowsPath
from re import IGNORECASE, compile, fullmatch
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from vtc_r1.errors import ProfileError, UnknownName
from vtc_r1.renderers.typeface import FONTS

_FRAME_PADDING = 6.0  #: points that the PDF frame adds inside each margin
_ASCENT = 1901 / 2048  #: ascent of the shipped fonts in em, by which the PDF frame sets its first line
_A4 = (210 / 25.4 * 72, 297 / 25.4 * 72)
_LONGEST = 14_400  #: points; the longest side of a PDF page (ISO 32000-1, annex C)
_ALIGNMENTS = {"LEFT": "left", "CENTER": "centre", "RIGHT": "right", "JUSTIFY": "justify"}
_BREAK = compile(r"<br\s*/?>", IGNORECASE)
_COLOURED = compile(r"""<font\s+color=(["'])(?P<ink>#[0-9a-f]{6})\1\s*>(?P<mark>[^<>]*)</font>""", IGNORECASE)


def _colour(value: str) -> str:
    if not fullmatch("#[0-9A-Fa-f]{6}", value):
        raise ValueError('write a colour as "#rrggbb"')
    return value.lower()


def _page_size(value: Any) -> tuple[Any, ...]:
    try:
        sides = tuple(map(float, value.split(","))) if isinstance(value, str) else tuple(value)
    except (TypeError, ValueError):
        sides = ()
    if len(sides) != 2:
        raise ValueError('write it in points, as "595,842" or [595, 842]')
    return sides


def _newline(markup: Any) -> dict[str, Any]:
    """Return the profile fields for newlines."""
    if isinstance(markup, str):
        if _BREAK.fullmatch(markup):
            return {"layout": "lines"}
        coloured = _COLOURED.fullmatch(markup)
        mark = unescape(coloured["mark"] if coloured else markup)
        plain = coloured or not {"<", ">"} & set(markup)
        if plain and mark.isprintable() and mark.strip():
            ink = coloured["ink"].lower() if coloured else None
            return {"layout": "reflow", "newline_mark": mark, "newline_ink": ink}
    raise ValueError(
        r'write "<br/>" or a mark that shows, such as "<font color=\"#FF0000\"> \\n </font>" in JSON'
    )


_Colour = Annotated[str, AfterValidator(_colour)]
_Length = Annotated[float, Field(ge=0, le=_LONGEST)]
_Positive = Annotated[float, Field(gt=0, le=_LONGEST)]


class _GlyphConfig(BaseModel):
    """The JSON object; a key's name has hyphens where a field's has underscores."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        alias_generator=lambda name: name.replace("_", "-"),
    )

    page_size: Annotated[tuple[_Positive, _Positive], BeforeValidator(_page_size)] = _A4
    dpi: float = Field(72.0, gt=0, le=2400)
    margin_x: _Length = 20.0
    margin_y: _Length = 20.0
    font_path: str = Field("DejaVuSans.ttf", min_length=1)
    font_size: _Positive = 9.0
    line_height: _Positive | None = None
    font_color: _Colour = "#000000"
    alignment: Literal["LEFT", "CENTER", "RIGHT", "JUSTIFY"] = "JUSTIFY"
    horizontal_scale: float = Field(1.0, gt=0, le=10)
    first_line_indent: float = Field(0.0, ge=-_LONGEST, le=_LONGEST)
    left_indent: _Length = 0.0
    right_indent: _Length = 0.0
    space_before: _Length = 0.0
    space_after: _Length = 0.0
    border_width: _Length = 0.0
    border_padding: _Length = 0.0
    page_bg_color: _Colour = "#ffffff"
    para_bg_color: _Colour = "#ffffff"
    para_border_color: _Colour = "#ffffff"
    auto_crop_width: bool = False
    auto_crop_last_page: bool = False
    newline_markup: Annotated[dict[str, Any], BeforeValidator(_newline)] = {"layout": "lines"}


def read_glyph_config(text: str, where: str) -> dict[str, Any]:
    """Return the profile fields that a Glyph configuration asks for, lengths in pixels.

    The page is the picture that poppler makes: each side rounded up, so that A4 at 72 dpi is
    596 × 842, and then squeezed by the horizontal scale. Margins, which include the padding of the PDF
    frame, are rounded to whole pixels; other lengths stay exact. Cropping leaves as
    many pixels as the margins have points, one fewer below. Lines break after blanks, as in the PDF; with a
    shipped font they stand in the same rows, too. `paragraph_background` is None if it would
    not show on the page, `border_color` None without a border. `newline_mark` and `newline_ink` are
    present only if `layout` is "reflow", `baseline` only with a shipped font.

    Args:
        text: the JSON.
        where: its name in errors, such as its path.

    Raises:
        ProfileError: the text is not a JSON object, or a key or value is invalid.
    """
    try:
        config = _GlyphConfig.model_validate_json(text.encode(errors="replace"))
    except ValidationError as error:
        raise ProfileError(f"{where}: {_complaint(error)}") from error
    scale = config.dpi / 72
    across = scale * config.horizontal_scale
    line_height = config.line_height or config.font_size + 1
    background = config.page_bg_color
    font = _font(config.font_path)
    top = (config.margin_y + _FRAME_PADDING) * scale
    baseline = math.floor(top + _ASCENT * config.font_size * scale) + 1 - round(top)
    return {
        "family": "glm-4.1v",
        "on_grid": False,
        "latex": "source",
        "width": int(math.ceil(config.page_size[0] * config.dpi / 72) * config.horizontal_scale),
        "height": math.ceil(config.page_size[1] * config.dpi / 72),
        "margin_x": round((config.margin_x + _FRAME_PADDING) * across),
        "margin_y": round(top),
        "font": font,
        "font_size": config.font_size * scale,
        "line_height": line_height * scale,
        **({"baseline": max(1, baseline)} if font in FONTS else {}),
        "line_breaks": "blanks",
        "ink": config.font_color,
        "background": background,
        "paragraph_background": config.para_bg_color if config.para_bg_color != background else None,
        "border_color": config.para_border_color if config.border_width else None,
        "border_width": config.border_width * scale,
        "border_padding": config.border_padding * scale,
        "alignment": _ALIGNMENTS[config.alignment],
        "horizontal_scale": config.horizontal_scale,
        "first_line_indent": config.first_line_indent * across,
        "left_indent": config.left_indent * across,
        "right_indent": config.right_indent * across,
        "space_before": config.space_before * scale,
        "space_after": config.space_after * scale,
        "crop": config.auto_crop_last_page,
        "crop_width": config.auto_crop_width,
        "crop_margin_x": round(config.margin_x),
        "crop_margin_y": max(0, round(config.margin_y) - 1),
        **config.newline_markup,
    }


def _font(path: str) -> str:
    name = PureWindowsPath(path).name.removesuffix(".ttf")
    return name if name in FONTS else path


def _complaint(error: ValidationError) -> str:
    """Describe the first error in one line: the key, its value and valid ones."""
    first = error.errors()[0]
    remedy = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"is not a JSON object with the keys of a Glyph configuration: {remedy}"
    key = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        known = [str(field.alias) for field in _GlyphConfig.model_fields.values()]
        return str(UnknownName("key", key, known))
    return f"{key} is {first['input']!r}: {remedy}"
