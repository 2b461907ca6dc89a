"""Legibility: how much of each kind of text a model misreads on a page, by type size, as probed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from vtc_r1.disk.access import finite
from vtc_r1.errors import ProfileError, UsageError
from vtc_r1.memory.kinds import KINDS, Kind, shares
from vtc_r1.renderers import Profile
from vtc_r1.renderers.scaling import scaled

_COUNTS = 0.05  #: a kind whose share of a text is below this is ignored
SMALLEST, LARGEST = 0.4, 3.0  #: type sizes of a density, as factors of the profile's
RATE = 0.02  #: share of characters that may be silently wrong, by default


@dataclass(frozen=True)
class Legibility:
    """Upper limits of the share of characters that is silently misread, at 95 % confidence.

    A kind that was not measured in any size counts as legible. Between two measured sizes, the limits of the
    smaller one apply.

    Attributes:
        errors: limits by kind of text, in the profile's own type size.
        name: name of the folder or file that it was read from.
        sizes: the same by type size, as factors of the profile's own.
    """

    errors: Mapping[Kind, float] = field(default_factory=dict)
    name: str = ""
    sizes: Mapping[float, Mapping[Kind, float]] = field(default_factory=dict)

    @property
    def limits(self) -> dict[float, Mapping[Kind, float]]:
        """The limits by type size, the profile's own included."""
        return {**({1.0: self.errors} if self.errors else {}), **self.sizes}

    @property
    def sha256(self) -> str:
        """Identity of the limits."""
        limits = sorted((size, sorted(kinds.items())) for size, kinds in self.limits.items())
        return hashlib.sha256(repr(limits).encode()).hexdigest()

    def error(self, text: str, size: float = 1.0) -> float:
        """Return the limit of the worst-read kind with a significant share of `text`, at a type size."""
        return max((self._limit(kind, size) for kind in _significant(text)), default=0.0)

    def safe(self, text: str, rate: float = RATE) -> float | None:
        """Return the smallest measured type size in which at most `rate` of `text` is silently misread.

        It is the profile's own, 1, if none of the text's kinds was measured; None if no size is safe.
        """
        kinds = [kind for kind in _significant(text) if any(kind in known for known in self.limits.values())]
        if not kinds:
            return 1.0
        return smallest({size: max(self._limit(kind, size) for kind in kinds) for size in self.limits}, rate)

    def _limit(self, kind: Kind, size: float) -> float:
        """Return the limit of a kind in the nearest measured size that is not larger; 1 if all are larger."""
        measured = {at: known[kind] for at, known in self.limits.items() if kind in known}
        below = [at for at in measured if at <= size]
        return measured[max(below)] if below else float(bool(measured))


def smallest(limits: Mapping[float, float], rate: float) -> float | None:
    """Return the smallest type size whose limit is at most `rate`, None if there is none."""
    return min((size for size, limit in limits.items() if limit <= rate), default=None)


def _significant(text: str) -> list[Kind]:
    return [kind for kind, share in shares(text).items() if share >= _COUNTS]


class _Error(BaseModel):
    mean: float = Field(ge=0)
    high: float | None = None


class _Outcomes(BaseModel):
    silent_limit: float = Field(ge=0, le=1)


class _Profile(BaseModel):
    name: str
    sha256: str


class _Point(BaseModel):
    profile: _Profile
    scale: float
    kind: str
    task: str
    error: _Error
    outcomes: _Outcomes | None = None

    @property
    def limit(self) -> float:
        """Limit of silent errors; in version 1, which records no abstentions, of all errors."""
        if self.outcomes is not None:
            return self.outcomes.silent_limit
        return self.error.mean if self.error.high is None else self.error.high

    def is_of(self, profile: Profile) -> bool:
        """Tell by hash whether the page had this profile, since a profile may change under its name."""
        try:
            return scaled(profile, self.scale).sha256 == self.profile.sha256
        except (ProfileError, UsageError):
            return False


class _Probed(BaseModel):
    version: Literal[1, 2]
    points: list[_Point]


def load_legibility(source: str | Path | float, profile: Profile) -> Legibility:
    """Read the result of `vtc-r1 probe`: its folder, or the `result.json` in it; or a type size that is safe.

    Args:
        source: a path, or the smallest safe size as a factor of the profile's own, such as 0.85.
        profile: the profile in use, at its own size.

    Raises UsageError if it cannot be read, or has no measurement of this profile.
    """
    path = Path(str(source))
    if (size := _number(str(source))) is not None and not path.exists():
        if not SMALLEST <= size <= LARGEST:
            raise UsageError(f"legibility {source}: a safe type size is from {SMALLEST:g} to {LARGEST:g}")
        return Legibility(name=f"{size:g}", sizes={size: dict.fromkeys(KINDS, 0.0)})
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
    ours = [point for point in read if point.is_of(profile)]
    sizes: dict[float, dict[Kind, float]] = {}
    for kind in KINDS:
        for point in (one for one in ours if one.kind == kind):
            sizes.setdefault(point.scale, {})[kind] = point.limit
    if not sizes:
        probed = sorted({f"{point.profile.name} at scale {point.scale:g}" for point in read}) or ["nothing"]
        raise UsageError(
            f"legibility {path}: has no reading of profile {profile.name} in its present form; it has "
            f"{', '.join(probed[:6])}"
        )
    name = file.parent.name if path.is_dir() else file.name
    return Legibility(sizes.pop(1.0, {}), name, sizes)


def _number(text: str) -> float | None:
    """Return the positive number that a text holds, else None."""
    try:
        return number if 0 < (number := float(text)) < float("inf") else None
    except ValueError:
        return None
