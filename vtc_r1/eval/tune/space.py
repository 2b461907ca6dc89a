"""The space of a search: the settings of a profile that vary, and their values."""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from vtc_r1.configuration import Record
from vtc_r1.disk.access import finite
from vtc_r1.errors import ProfileError, UnknownName, UsageError
from vtc_r1.renderers import Profile
from vtc_r1.renderers.typeface import FONTS, find_typeface

Value = bool | int | float | str
_SPAN = re.compile(r"\s*(-?[\d.]+)\s*\.\.\s*(-?[\d.]+)\s*(?::\s*([\d.]+)\s*)?")
_MOST = 1_000  #: maximum number of values of one axis


def listed(given: Any, step: float) -> Any:
    """Return the values of `7..11`, `7..11:0.5`, `7,8,9`, a list or a single value.

    Args:
        given: the value in a file or after `--vary KEY=`.
        step: default step of a span.

    Raises ValueError for an invalid span.
    """
    if isinstance(given, str):
        span = _SPAN.fullmatch(given)
        return _span(span, step) if span else [_word(word.strip()) for word in given.split(",")]
    return given if isinstance(given, list | tuple) else [given]


def span(low: float, high: float, step: float) -> tuple[float, ...]:
    """Return the numbers from `low` to at most `high`; raises ValueError."""
    first, last, by = (Decimal(str(one)) for one in (low, high, step))
    if by <= 0 or last < first:
        raise ValueError(f"{low}..{high}:{step} is empty: put the larger end last, and use a positive step")
    if (last - first) / by >= _MOST:
        raise ValueError(f"{low}..{high}:{step} has more than {_MOST} values: use a larger step")
    return tuple(float(first + by * at) for at in range(int((last - first) / by) + 1))


def ordered(values: tuple[Value, ...]) -> bool:
    """Tell whether the values are numbers, which have an order."""
    return not any(isinstance(value, bool | str) for value in values)


def nearest(values: tuple[Value, ...], given: Any) -> Value | None:
    """Return the nearest number on the axis, or an equal value; None if there is neither."""
    if not ordered(values):
        return next((value for value in values if type(value) is type(given) and value == given), None)
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return None
    return min(values, key=lambda value: abs(float(value) - given))


def _span(found: re.Match[str], step: float) -> tuple[float, ...]:
    try:
        low, high, by = (float(Decimal(one)) for one in (found[1], found[2], found[3] or str(step)))
    except InvalidOperation as error:
        raise ValueError(f"{found[0]!r} is not a span of numbers, such as 7..11 or 7..11:0.5") from error
    return span(low, high, by)


def _word(word: str) -> Value:
    if word in ("true", "false"):
        return word == "true"
    try:
        number = float(word)
    except ValueError:
        return word
    return int(number) if number.is_integer() else number


_ANY_SIZE = 16.0
_SMALLEST_PAGE = 0.5  #: smallest side of a page, relative to the base profile's


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
    """The axes of the search, modelled on Glyph's; lengths are in pixels."""

    #: shipped fonts, or the user's font files
    font: Annotated[
        tuple[Annotated[str, AfterValidator(_font)], ...],
        _SOME,
        AfterValidator(_each_once),
        _by(1),
    ] = FONTS
    font_size: Annotated[_Sizes, _by(0.5)] = span(6, 14, 0.5)  #: size of the em
    leading: Annotated[_Leadings, _by(0.5)] = span(0, 3, 0.5)  #: line height minus font size
    horizontal_scale: Annotated[_Scales, _by(0.05)] = span(0.75, 1, 0.05)  #: relative width of the glyphs
    margin_x: Annotated[_Counts, _by(4)] = (0, 4, 8, 12, 16)  #: left and right margin
    margin_y: Annotated[_Counts, _by(4)] = (0, 4, 8, 12, 16)  #: top and bottom margin
    columns: Annotated[_Counts, _by(1)] = (1, 2)  #: number of text columns
    width: Annotated[_Counts, _by(1)]  #: page width, on the model family's grid
    height: Annotated[_Counts, _by(1)]  #: page height, on the same grid
    #: newlines kept, or packed as marks
    layout: Annotated[tuple[Literal["lines", "reflow"], ...], _SOME, AfterValidator(_each_once), _by(1)] = (
        "lines",
        "reflow",
    )
    #: alignment of lines
    alignment: Annotated[
        tuple[Literal["left", "centre", "right", "justify"], ...],
        _SOME,
        AfterValidator(_each_once),
        _by(1),
    ] = ("left", "justify")
    #: formulas as source, in one line, or typeset
    latex: Annotated[
        tuple[Literal["source", "linear", "typeset"], ...],
        _SOME,
        AfterValidator(_each_once),
        _by(1),
    ]
    #: whether ink and background of the base profile are swapped
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
