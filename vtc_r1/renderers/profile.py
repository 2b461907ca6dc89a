"""Profiles: everything that determines how a page looks, one TOML file each."""

import hashlib
import math
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vtc_r1.errors import ProfileError, UnknownName
from vtc_r1.renderers.fallback import Fallback
from vtc_r1.renderers.glyph_config import read_glyph_config
from vtc_r1.renderers.typeface import FONTS
from vtc_r1.renderers.vision import FAMILIES, VisionFamily, family

LineBreaks = Literal["reader", "operators", "blanks"]
"""Where lines start: where a reader would, at any operator, or after blanks alone."""
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", description="red, green and blue as #rrggbb")]

_FONT_FILES = (".ttf", ".otf", ".ttc")


class Profile(BaseModel):
    """How text becomes pages. Lengths are in pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    family: str = "qwen3-vl"
    width: int = Field(672, ge=16, le=4096)
    height: int = Field(896, ge=16, le=4096)
    on_grid: bool = Field(True, description="reject a page that the family's processor would resample")
    margin_x: int = Field(4, ge=0)
    margin_y: int = Field(4, ge=0)
    columns: int = Field(1, ge=1, le=8)
    column_gap: int = Field(12, ge=0)

    font: str = Field("DejaVuSans", min_length=1, description="a shipped font's name, or a font file's path")
    font_size: float = Field(9, ge=4, le=128)
    fit_sizes: tuple[Annotated[float, Field(ge=4, le=128)], ...] = Field(
        (), description="the first of these font sizes with which the text fits on one page, else the last"
    )
    horizontal_scale: float = Field(1, ge=0.5, le=1)
    line_height: float = Field(10, ge=4, le=256)
    baseline: int | None = Field(None, ge=1, description="rows from a line's top; centred if absent")
    cell: int | None = Field(None, ge=3, le=128, description="fixed advance of every glyph")
    fallback: Fallback = Field(
        "installed", description="fonts for what the font lacks: those found, none, or these files"
    )

    layout: Literal["lines", "reflow"] = "reflow"
    line_breaks: LineBreaks = Field("reader", description="where lines may start, besides after blanks")
    alignment: Literal["left", "centre", "right", "justify"] = "left"
    first_line_indent: float = Field(0, description="negative: the first line hangs to the left")
    left_indent: float = Field(0, ge=0)
    right_indent: float = Field(0, ge=0)
    space_before: float = Field(0, ge=0, le=256)
    space_after: float = Field(0, ge=0, le=256)
    newline_mark: str = Field("↵", min_length=1, max_length=16)
    wrap_mark: str = Field(
        "↪",
        max_length=16,
        description="marks the continuation of a wrapped row of code or a table, in reflow",
    )
    latex: Literal["source", "linear", "typeset"] = "source"
    display: Literal["inline", "centred"] = Field("inline", description="where display formulas are typeset")

    ink: Colour = "#000000"
    background: Colour = "#ffffff"
    newline_ink: Colour | None = None
    paragraph_background: Colour | None = None
    border_color: Colour | None = None
    border_width: float = Field(0, ge=0, le=64)
    border_padding: float = Field(0, ge=0, le=64)

    crop: bool = Field(True, description="crop the last page to its lines")
    crop_width: bool = Field(False, description="crop every page to the width of its ink")
    crop_margin_x: int | None = Field(
        None, ge=0, description="margin left by cropping; the page margin by default"
    )
    crop_margin_y: int | None = Field(None, ge=0, description="likewise below")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.family not in FAMILIES:
            raise UnknownName("vision family", self.family, FAMILIES)
        if self.font not in FONTS and Path(self.font.partition("#")[0]).suffix.lower() not in _FONT_FILES:
            shipped = " and ".join(FONTS)
            raise ValueError(f"font {self.font!r} is unknown: give {shipped}, or a .ttf, .otf or .ttc file")
        grid = self.vision.grid
        if self.on_grid and (self.width % grid or self.height % grid):
            raise ValueError(
                f"page {self.width}×{self.height} is off the {grid}-px grid of {self.family}, "
                "which would resample it: change width and height, or set on_grid = false"
            )
        if self.left_indent + self.first_line_indent < 0:
            raise ValueError("first_line_indent reaches over the margin: raise left_indent by as much")
        if self.lines_per_column < 1 or self.first_line_width < max(2 * self.font_size, self.cell or 0):
            raise ValueError(
                f"page {self.width}×{self.height} is too small for one line of its font: "
                "raise width or height, or lower font_size, margins, indents or columns"
            )
        if self.on_grid:
            self._check_size()
        return self

    def _check_size(self) -> None:
        """Reject a page that the family's processor scales, which blurs small text."""
        seen = self.vision.resized(self.width, self.height)
        if seen != (self.width, self.height):
            raise ValueError(
                f"page {self.width}×{self.height} would be scaled to {seen[0]}×{seen[1]} by {self.family}, "
                f"which blurs its text: its pages have {self.vision.min_pixels:,} to "
                f"{self.vision.max_pixels:,} pixels; change width and height, or set on_grid = false"
            )

    @property
    def vision(self) -> VisionFamily:
        """The model family whose token arithmetic applies."""
        return family(self.family)

    @property
    def text_width(self) -> int:
        """Pixels of a column between the margins."""
        between = self.width - 2 * self.margin_x - (self.columns - 1) * self.column_gap
        return between // self.columns

    @property
    def line_width(self) -> float:
        """Pixels of a line between the indents."""
        return self.text_width - self.left_indent - self.right_indent

    @property
    def first_line_width(self) -> float:
        """Pixels of a paragraph's first line, at most those of any other line."""
        return self.line_width - max(0, self.first_line_indent)

    @property
    def lines_per_column(self) -> int:
        """Number of text lines in a column of a full page, ignoring formulas and spacing."""
        return math.floor((self.height - 2 * self.margin_y) / self.line_height + 1e-9)

    @property
    def lines_per_page(self) -> int:
        """Number of text lines on a full page."""
        return self.columns * self.lines_per_column

    @property
    def has_paragraph_style(self) -> bool:
        """Whether paragraphs have a background or a border."""
        return self.paragraph_background is not None or self.border_width > 0

    @property
    def sha256(self) -> str:
        """Identity of the profile: hash of everything that can change a pixel."""
        # `line_breaks` was added later; profiles hashed before it broke lines at operators.
        apart = {"name", "line_breaks"} if self.line_breaks == "operators" else {"name"}
        if self.layout == "lines":
            apart.add("wrap_mark")
        return hashlib.sha256(self.model_dump_json(exclude=apart).encode()).hexdigest()

    def replace(self, **fields: Any) -> "Profile":
        """Return a checked copy with some fields changed; raises ProfileError."""
        return _checked({**self.model_dump(), **fields}, self.name)


def profile_names() -> list[str]:
    """Names of the profiles that ship with the package."""
    folder = resources.files("vtc_r1.renderers") / "profiles"
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def load_profile(name: str | Path) -> Profile:
    """Read a shipped profile by name, or your own by its path: `.toml`, or a Glyph `.json`.

    Raises UnknownName for a name that is not shipped, ProfileError for an unusable file.
    """
    path = Path(name)
    try:
        if path.suffix in (".toml", ".json"):
            text = path.read_text(encoding="utf-8")
        elif str(name) in profile_names():
            shipped = resources.files("vtc_r1.renderers") / "profiles" / f"{name}.toml"
            text = shipped.read_text(encoding="utf-8")
        else:
            raise UnknownName("profile", str(name), profile_names())
        if path.suffix == ".json":
            fields = read_glyph_config(text, str(name))
            beside = path.parent / fields["font"]  # as its pipeline is often run from the file's folder
            if beside.is_file() and not Path(fields["font"]).is_file():
                fields["font"] = str(beside)
            return _checked({"name": path.stem, **fields}, str(name))
        values = tomllib.loads(text)
        if not values:
            raise ProfileError(f"profile {name}: is empty; describe the pages, as in font_size = 9")
        called = path.stem if path.suffix == ".toml" else str(name)
        return _checked({"name": called, **values}, str(name))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(
            f"profile {name}: cannot be read ({error}); check the path and its TOML"
        ) from error


def _checked(fields: dict[str, Any], where: str) -> Profile:
    try:
        return Profile(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if "[" not in str(part)) or "profile"
        if first["type"] == "extra_forbidden":
            raise ProfileError(f"profile {where}: {UnknownName('key', key, Profile.model_fields)}") from error
        message = first["msg"].removeprefix("Value error, ")
        raise ProfileError(f"profile {where}: {key}: {message}") from error
