"""Legibility: how often a model misreads each kind of text on a page, as measured by a probe."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from vtc_r1.disk.access import finite
from vtc_r1.errors import UsageError
from vtc_r1.memory.kinds import KINDS, Kind, shares
from vtc_r1.renderers import Profile

_COUNTS = 0.05  #: a kind whose share of a text is below this is ignored


@dataclass(frozen=True)
class Legibility:
    """Character errors by kind of text, as shares; a kind that was not measured counts as legible.

    Attributes:
        errors: the table.
        name: of the file it was read from.
        sha256: of the table.
    """

    errors: Mapping[Kind, float] = field(default_factory=dict)
    name: str = ""

    @property
    def sha256(self) -> str:
        """Identity of the table."""
        return hashlib.sha256(repr(sorted(self.errors.items())).encode()).hexdigest()

    def error(self, text: str) -> float:
        """Return the error of the worst-read kind among those with a significant share of `text`."""
        held = (kind for kind, share in shares(text).items() if share >= _COUNTS)
        return max((self.errors.get(kind, 0.0) for kind in held), default=0.0)


class _Error(BaseModel):
    mean: float = Field(ge=0)


class _Profile(BaseModel):
    name: str
    sha256: str


class _Point(BaseModel):
    profile: _Profile
    scale: float
    kind: str
    task: str
    error: _Error


class _Probed(BaseModel):
    version: Literal[1]
    points: list[_Point]


def load_legibility(path: Path, profile: Profile) -> Legibility:
    """Read the result of `vtc-r1 probe`: its folder, or the `result.json` in it.

    Raises UsageError if it cannot be read, or has no reading of this profile.
    """
    file = path / "result.json" if path.is_dir() else path
    try:
        points = _Probed.model_validate_json(finite(file).read_bytes()).points
    except OSError as error:
        raise UsageError(f"legibility {path}: cannot be read ({error.strerror or error})") from error
    except ValidationError as error:
        reason = error.errors()[0]
        where = ".".join(map(str, reason["loc"])) or "as a whole"
        raise UsageError(
            f"legibility {path}: is not a result of vtc-r1 probe ({where}: {reason['msg']})"
        ) from error
    read = [point for point in points if point.task == "transcribe"]
    # By hash and not by name: a profile that was changed under its name is read differently.
    ours = {point.kind: point.error.mean for point in read if point.profile.sha256 == profile.sha256}
    errors = {kind: ours[kind] for kind in KINDS if kind in ours}
    if not errors:
        probed = sorted({f"{point.profile.name} at scale {point.scale:g}" for point in read}) or ["nothing"]
        raise UsageError(
            f"legibility {path}: has no reading of profile {profile.name} in its present form; it has "
            f"{', '.join(probed[:6])}"
        )
    return Legibility(errors, file.parent.name if path.is_dir() else file.name)
