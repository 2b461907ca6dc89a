"""A distribution of styles over a base profile, one TOML file each."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vtc_r1.errors import ProfileError, UnknownName
from vtc_r1.renderers import Profile
from vtc_r1.renderers.vision.area import AreaFamily
from vtc_r1.sft.styling.choice import Choice, Value

MOST_PROFILES = 64
"""Maximum number of profiles of a data set besides its base: every size of a font is an atlas in memory."""
LEADING = "leading"
"""Key for the pixel rows of a line beyond its font size."""
_FIXED = {"name", "family", "on_grid"}
_SIDES = ("width", "height")
KEYS = (Profile.model_fields.keys() - _FIXED) | {LEADING}
"""The keys that may differ from the base profile."""


class Styles(BaseModel):
    """A distribution of profiles.

    Attributes:
        name: of the file.
        profiles: how many are drawn; equal ones count once.
        base: share of the traces whose pages have the base profile itself.
        draw: choices by key of the profile; the values of a key of another name are tables of several keys.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    profiles: int = Field(48, ge=1, le=MOST_PROFILES)
    base: float = Field(0.25, ge=0, lt=1)
    draw: dict[str, Choice] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_keys(self) -> Self:
        seen: set[str] = set()
        for name, choice in self.draw.items():
            keys = _keys(name, choice)
            for key in sorted(keys):
                if key in _FIXED:
                    raise ValueError(f"{key} is fixed by the base profile and cannot be drawn")
                if key not in KEYS:
                    raise UnknownName("key", key, KEYS)
            if twice := sorted(keys & seen):
                raise ValueError(f"{twice[0]} is drawn twice")
            seen |= keys
        if {LEADING, "line_height"} <= seen:
            raise ValueError("leading and line_height are drawn both; give one")
        return self

    def apply(self, base: Profile, drawn: Mapping[str, Value]) -> Profile:
        """Return `base` with what was drawn; raises ProfileError if that is not a profile.

        Sides are rounded up to the family's grid if the base is on it; a family whose pages are of fixed
        sizes keeps the base's. Lines keep the base's leading if only the font size is drawn.
        """
        fields: dict[str, Any] = {}
        for name, value in drawn.items():
            fields |= value if isinstance(value, dict) else {name: value}
        leading = fields.pop(LEADING, base.line_height - base.font_size)
        if "font_size" in fields:
            fields = {"fit_sizes": (), **fields}
        size = fields.get("font_size", base.font_size)
        if "line_height" not in fields:
            fields["line_height"] = size + leading
        if not isinstance(base.vision, AreaFamily):
            fields = {key: value for key, value in fields.items() if key not in _SIDES}
        elif base.on_grid:
            grid = base.vision.grid
            fields |= {side: -(-int(fields[side]) // grid) * grid for side in _SIDES if side in fields}
        return base.replace(**fields)


def styles_names() -> list[str]:
    """Names of the distributions that ship with the package."""
    folder = resources.files("vtc_r1.sft.styling") / "shipped"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())


def load_styles(name: str | Path) -> Styles:
    """Read a shipped distribution by name, or your own by the path of its `.toml`.

    Raises UnknownName for a name that is not shipped, ProfileError for a file that cannot be used.
    """
    path = Path(name)
    try:
        if path.suffix == ".toml":
            text = path.read_text(encoding="utf-8")
        elif str(name) in styles_names():
            shipped = resources.files("vtc_r1.sft.styling") / "shipped" / f"{name}.toml"
            text = shipped.read_text(encoding="utf-8")
        else:
            raise UnknownName("styles", str(name), styles_names())
        return Styles(**{"name": path.stem, **tomllib.loads(text)})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"styles {name}: cannot be read ({error}); check the path and its TOML") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"][:2])) or "draw"
        message = first["msg"].removeprefix("Value error, ")
        raise ProfileError(f"styles {name}: {key}: {message}") from error


def _keys(name: str, choice: Choice) -> set[str]:
    """Keys of the profile that a choice sets."""
    tables = [value for value in choice.values if isinstance(value, dict)]
    if not tables:
        return {name}
    if name in KEYS or len(tables) < len(choice.values):
        raise ValueError(f"{name}: values of several keys are tables, all of them, under a name of their own")
    return {key for table in tables for key in table}
