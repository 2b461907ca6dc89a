"""Profiles: everything that decides what a page looks like, one TOML file each."""

import hashlib
import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vtc_r1.errors import ProfileError, UnknownName
from vtc_r1.renderers.vision import FAMILIES, VisionFamily, family


class Profile(BaseModel):
    """How text becomes pages. Lengths are in pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    family: str = "qwen3-vl"
    width: int = Field(672, ge=32, le=4096)
    height: int = Field(896, ge=32, le=4096)
    margin: int = Field(4, ge=0)
    font: Literal["DejaVuSans", "DejaVuSansMono"] = "DejaVuSans"
    font_size: int = Field(9, ge=5, le=64)
    line_height: int = Field(10, ge=5, le=128)
    baseline: int | None = Field(None, ge=1, description="rows from a line's top; centred if absent")
    cell: int | None = Field(None, ge=3, le=128, description="fixed advance of every glyph")
    layout: Literal["lines", "reflow"] = "reflow"
    latex: Literal["source"] = "source"
    crop: bool = Field(True, description="cut the last page to the lines that it holds")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.family not in FAMILIES:
            raise UnknownName("vision family", self.family, FAMILIES)
        grid = self.vision.grid
        if self.width % grid or self.height % grid:
            raise ValueError(f"page {self.width}×{self.height} is off the {grid}-px grid of {self.family}")
        if self.lines_per_page < 1 or self.text_width < max(2 * self.font_size, self.cell or 0):
            raise ValueError(f"page {self.width}×{self.height} is too small for one line of its font")
        return self

    @property
    def vision(self) -> VisionFamily:
        """The model family whose token arithmetic applies."""
        return family(self.family)

    @property
    def text_width(self) -> int:
        """Pixels between the margins."""
        return self.width - 2 * self.margin

    @property
    def lines_per_page(self) -> int:
        """How many text lines a full page holds."""
        return (self.height - 2 * self.margin) // self.line_height

    @property
    def sha256(self) -> str:
        """Identity of the profile: hash of everything that can change a pixel."""
        return hashlib.sha256(self.model_dump_json(exclude={"name"}).encode()).hexdigest()


def profile_names() -> list[str]:
    """Names of the profiles that ship with the package."""
    folder = resources.files("vtc_r1.renderers") / "profiles"
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def load_profile(name: str | Path) -> Profile:
    """Read a shipped profile by name, or one of your own by its `.toml` path.

    Raises UnknownName for a name that is not shipped, ProfileError for a file that is unusable.
    """
    path = Path(name)
    try:
        if path.suffix == ".toml":
            text = path.read_text(encoding="utf-8")
        elif str(name) in profile_names():
            text = (resources.files("vtc_r1.renderers") / "profiles" / f"{name}.toml").read_text(
                encoding="utf-8"
            )
        else:
            raise UnknownName("profile", str(name), profile_names())
        return Profile(**{"name": path.stem, **tomllib.loads(text)})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(
            f"profile {name}: cannot be read ({error}); check the path and its TOML"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "profile"
        raise ProfileError(f"profile {name}: {where}: {first['msg']}") from error
