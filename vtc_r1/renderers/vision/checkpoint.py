"""A family as one checkpoint configures it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vtc_r1.errors import CheckpointError
from vtc_r1.renderers.vision.area import AreaFamily
from vtc_r1.renderers.vision.base import VisionFamily
from vtc_r1.renderers.vision.glm import GlmFamily
from vtc_r1.renderers.vision.known import family

_Count = Annotated[int, Field(strict=True, gt=0)]
_REMEDY = "compare with the preprocessor_config.json that the checkpoint was published with"


class _Size(BaseModel):
    model_config = ConfigDict(extra="ignore")

    shortest_edge: _Count | None = None
    longest_edge: _Count | None = None


class _ImageConfiguration(BaseModel):
    """The keys of a `preprocessor_config.json` that decide what an image costs."""

    model_config = ConfigDict(extra="ignore")

    patch_size: _Count
    merge_size: _Count
    temporal_patch_size: _Count = 2
    size: _Size | None = None
    min_pixels: _Count | None = None
    max_pixels: _Count | None = None


def from_checkpoint(family_name: str, config: Mapping[str, Any]) -> VisionFamily:
    """Return the family with the grid and the area bounds of a checkpoint's image configuration.

    A family that does not count by area, such as a mode of DeepSeek-OCR, is returned as it is.

    Args:
        family_name: one of `FAMILIES`.
        config: the object in the checkpoint's `preprocessor_config.json`: `patch_size`,
            `merge_size`, and the bounds as `size.shortest_edge` and `size.longest_edge` or as
            `min_pixels` and `max_pixels`, which take precedence over those of `size`.

    Raises:
        UnknownName: no family has that name.
        CheckpointError: a key is absent or its value is unusable.
    """
    known = family(family_name)
    if not isinstance(known, AreaFamily):
        return known
    try:
        read = _ImageConfiguration.model_validate(dict(config) if isinstance(config, Mapping) else config)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the configuration"
        found = "is absent" if first["type"] == "missing" else f"is {first['input']!r}"
        raise _broken(family_name, f"{where} {found}: {first['msg']}") from error
    frames = read.temporal_patch_size if isinstance(known, GlmFamily) else 1
    low = _bound(known, read, "shortest_edge", "min_pixels")
    high = _bound(known, read, "longest_edge", "max_pixels")
    if low > high:
        raise _broken(family_name, f"the least area {low} is over the largest, {high}")
    for value in (low, high):
        if value % frames:
            raise _broken(family_name, f"size {value} is not a multiple of temporal_patch_size {frames}")
    grid = read.patch_size * read.merge_size
    return replace(known, grid=grid, min_pixels=low // frames, max_pixels=high // frames)


def _bound(known: AreaFamily, read: _ImageConfiguration, edge: str, pixels: str) -> int:
    """Return one area bound; the processor of GLM-4.1V reads `size` alone."""
    value: int | None = None if isinstance(known, GlmFamily) else getattr(read, pixels)
    value = value or (getattr(read.size, edge) if read.size else None)
    if value is None:
        raise _broken(known.name, f"size.{edge} is absent")
    return value


def _broken(family_name: str, what: str) -> CheckpointError:
    return CheckpointError(f"image configuration for {family_name}: {what}; {_REMEDY}")
