"""The space of a search: the settings of a profile that vary, and their values."""

import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from vtc_r1.configuration import Record
from vtc_r1.disk.access import finite
from vtc_r1.errors import ProfileError, UnknownName, UsageError
from vtc_r1.eval.tune.axis import Value, listed, span
from vtc_r1.renderers import Profile
from vtc_r1.renderers.typeface import FONTS, find_typeface

_ANY_SIZE = 16.0
_SMALLEST_PAGE = 0.5
"""Smallest side of a page, relative to the base profile's."""


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def _rising(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted(set(values)))


def _font(name: str) -> str:
    """Find a font; a file's path is made absolute, since profiles are read from any directory."""
    if name in FONTS:
        return name
    try:
        find_typeface(name).at(_ANY_SIZE)
    except ProfileError as error:
        raise ValueError(str(error)) from error
    path, mark, face = name.rpartition("#")
    return f"{Path(path).resolve()}#{face}" if mark and face.isdecimal() else str(Path(name).resolve())


def _by(step: float) -> BeforeValidator:
    return BeforeValidator(lambda given: listed(given, step))


_SOME = Field(min_length=1)
_Sizes = Annotated[tuple[Annotated[float, Field(ge=4, le=128)], ...], _SOME, AfterValidator(_rising)]
_Leadings = Annotated[tuple[Annotated[float, Field(ge=-128, le=128)], ...], _SOME, AfterValidator(_rising)]
_Scales = Annotated[tuple[Annotated[float, Field(ge=0.5, le=1)], ...], _SOME, AfterValidator(_rising)]
_Counts = Annotated[tuple[Annotated[int, Field(ge=0, le=4096)], ...], _SOME, AfterValidator(_rising)]


class Space(Record):
    """The axes of the search, modelled on Glyph's; lengths are in pixels.

    Attributes:
        font: shipped fonts, or the user's font files.
        font_size: size of the em.
        leading: line height minus font size.
        horizontal_scale: relative width of the glyphs.
        margin_x: left and right margin.
        margin_y: top and bottom margin.
        columns: number of text columns.
        width: page width, on the model family's grid.
        height: page height, on the same grid.
        layout: newlines kept, or packed as marks.
        alignment: alignment of lines.
        latex: formulas as source, in one line, or typeset.
        dark: whether ink and background of the base profile are swapped.
    """

    font: Annotated[
        tuple[Annotated[str, AfterValidator(_font)], ...],
        _SOME,
        AfterValidator(_each_once),
        _by(1),
    ] = FONTS
    font_size: Annotated[_Sizes, _by(0.5)] = span(6, 14, 0.5)
    leading: Annotated[_Leadings, _by(0.5)] = span(0, 3, 0.5)
    horizontal_scale: Annotated[_Scales, _by(0.05)] = span(0.75, 1, 0.05)
    margin_x: Annotated[_Counts, _by(4)] = (0, 4, 8, 12, 16)
    margin_y: Annotated[_Counts, _by(4)] = (0, 4, 8, 12, 16)
    columns: Annotated[_Counts, _by(1)] = (1, 2)
    width: Annotated[_Counts, _by(1)]
    height: Annotated[_Counts, _by(1)]
    layout: Annotated[tuple[Literal["lines", "reflow"], ...], _SOME, AfterValidator(_each_once), _by(1)] = (
        "lines",
        "reflow",
    )
    alignment: Annotated[
        tuple[Literal["left", "centre", "right", "justify"], ...],
        _SOME,
        AfterValidator(_each_once),
        _by(1),
    ] = ("left", "justify")
    latex: Annotated[
        tuple[Literal["source", "linear", "typeset"], ...],
        _SOME,
        AfterValidator(_each_once),
        _by(1),
    ]
    dark: Annotated[tuple[bool, ...], _SOME, AfterValidator(_each_once), _by(1)] = (False, True)

    @classmethod
    def of(cls, base: Profile, given: Mapping[str, Any] | None = None) -> Self:
        """Make the space around a profile.

        Args:
            base: the base profile; axes that are not given include its values.
            given: axes named by the user, with their values.

        Raises:
            UnknownName: there is no axis with a given name.
            UsageError: a value is not usable.
        """
        given = dict(given or {})
        for name in given:
            if name not in cls.model_fields:
                raise UnknownName("setting to vary", name, cls.model_fields)
        grid = base.vision.grid
        for name in {"width", "height"} & given.keys():
            given[name] = _on_grid(name, given[name], grid)
        try:
            return cls.model_validate({**_around(base), **given})
        except ValidationError as error:
            first = error.errors()[0]
            raise UsageError(
                f"{first['loc'][0]} cannot take these values: {first['msg'].removeprefix('Value error, ')}"
            ) from error

    @property
    def axes(self) -> dict[str, tuple[Value, ...]]:
        """The values of every setting, by its name."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    @property
    def size(self) -> int:
        """Number of combinations, including impossible ones."""
        return math.prod(map(len, self.axes.values()))


def read_space(file: Path | None, vary: Iterable[str]) -> dict[str, Any]:
    """Read the user's axes: a TOML file, and `key=values` arguments that override it.

    Raises UsageError for a file that cannot be read, or an argument without values.
    """
    given: dict[str, Any] = {}
    if file is not None:
        try:
            given = tomllib.loads(finite(file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(
                f"--space {file}: cannot be read ({error}); check the path and its TOML"
            ) from error
        if not given:
            raise UsageError(f"--space {file}: names no setting; write lines such as font_size = [8, 9]")
    for word in vary:
        key, equals, values = word.partition("=")
        if not equals or not values.strip():
            raise UsageError(f"--vary {word!r} gives no values: write KEY=VALUES, such as font_size=7..11")
        given[key.strip()] = values
    return given


def own(base: Profile) -> dict[str, Value]:
    """Return a profile's own value on every axis."""
    snap = base.vision.snap
    return {
        "font": base.font,
        "font_size": base.font_size,
        "leading": round(base.line_height - base.font_size, 6),
        "horizontal_scale": base.horizontal_scale,
        "margin_x": base.margin_x,
        "margin_y": base.margin_y,
        "columns": base.columns,
        "width": snap(base.width),
        "height": snap(base.height),
        "layout": base.layout,
        "alignment": base.alignment,
        "latex": base.latex,
        "dark": False,
    }


def _around(base: Profile) -> dict[str, Any]:
    """Return the default values of every axis, with the profile's own."""
    values = {name: (value,) for name, value in own(base).items()}
    for name, field in Space.model_fields.items():
        if not field.is_required():
            values[name] = (*field.default, *values[name])
    return {**values, "width": _sides(base, "width"), "height": _sides(base, "height")}


def _sides(base: Profile, name: Literal["width", "height"]) -> tuple[int, ...]:
    """Return side lengths from half the profile's up to its own at which the model does not resample."""
    here, vision = own(base), base.vision
    whole = int(here[name])
    first = vision.snap(int(_SMALLEST_PAGE * whole))
    found = []
    for side in range(first, whole, vision.grid):
        size = (side, int(here["height"])) if name == "width" else (int(here["width"]), side)
        if vision.resized(*size) == size:
            found.append(side)
    return (*found, whole)


def _on_grid(name: str, given: Any, grid: int) -> Any:
    """Round side lengths up to the grid; anything but a number is left for validation to reject."""
    try:
        values = listed(given, grid)
    except ValueError as error:
        raise UsageError(f"{name} cannot take these values: {error}") from error
    return [
        math.ceil(value / grid) * grid if type(value) in (int, float) and math.isfinite(value) else value
        for value in values
    ]
