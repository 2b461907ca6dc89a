"""The vision families of models that only their makers serve, made from the rules of `closed.toml`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from vtc_r1.closed import Rule, closed
from vtc_r1.renderers.vision.base import VisionFamily
from vtc_r1.renderers.vision.budget import BudgetFamily

_UNBOUNDED = 2**31  #: pixels of the largest image where no limit is published
_LARGE = 2_000  #: side, in pixels, above which some models pay a surcharge
_FLAT, _LEAST, _MOST = 384, 256, 768
"""Sides, in pixels: of an image that Gemini 2 does not cut, and of its smallest and its largest crop."""


@dataclass(frozen=True)
class ScaledTiles(VisionFamily):
    """Scales an image down, first into a square and then by its shorter side, and counts tiles."""

    rule: Rule

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels, rounded, at which the model sees an image."""
        self._require_sides(width, height)
        scale = min(1.0, self.rule.box / max(width, height))
        scale *= min(1.0, self.rule.short / (scale * min(width, height)))
        return max(1, round(width * scale)), max(1, round(height * scale))

    def tokens(self, width: int, height: int) -> int:
        """Return the vision tokens of its tiles."""
        columns, rows = (math.ceil(side / self.grid) for side in self.resized(width, height))
        return self.rule.base + self.rule.each * columns * rows


@dataclass(frozen=True)
class Patches(VisionFamily):
    """Counts the patches that cover an image, which is scaled down if there are too many."""

    rule: Rule

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels, rounded, at which the model sees an image.

        An image with too many patches is scaled down until one side is whole patches.
        """
        self._require_sides(width, height)
        most = self.rule.most or _UNBOUNDED
        scale = min(1.0, (self.rule.edge or _UNBOUNDED) / max(width, height))
        if self._patches(width * scale, height * scale) > most:
            scale = math.sqrt(self.grid**2 * most / (width * height))
            across, down = (max(1.0, side * scale / self.grid) for side in (width, height))
            scale *= min(math.floor(across) / across, math.floor(down) / down)
        return max(1, round(width * scale)), max(1, round(height * scale))

    def tokens(self, width: int, height: int) -> int:
        """Return the vision tokens of its patches."""
        large = self.rule.large if max(width, height) > _LARGE else 0
        # Rounded to a millionth first: 1,280 × 1.2 is 1,536.0000000000002 otherwise.
        return math.ceil(round(self._patches(*self.resized(width, height)) * self.rule.times, 6)) + large

    def _patches(self, width: float, height: float) -> int:
        return math.ceil(width / self.grid) * math.ceil(height / self.grid)


@dataclass(frozen=True)
class PaddedPatches(Patches):
    """Counts patches after scaling an image down to the largest size of its shape within both limits."""

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels at which the model sees an image."""
        self._require_sides(width, height)
        longer, shorter = max(width, height), min(width, height)
        edge, most = min(longer, self.rule.edge or longer), self.rule.most or _UNBOUNDED
        while self._patches(edge, other := max(1, round(shorter * edge / longer))) > most:
            edge -= 1
        return (edge, other) if width >= height else (other, edge)


@dataclass(frozen=True)
class Crops(VisionFamily):
    """Cuts an image into square crops, whose side depends on the image's shorter side."""

    rule: Rule

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels of all crops together at which the model sees an image."""
        columns, rows = self.crops(width, height)
        unit = self._unit(width, height)
        return (width, height) if unit in (0, _MOST) else (columns * _MOST, rows * _MOST)

    def tokens(self, width: int, height: int) -> int:
        """Return the vision tokens of its crops."""
        columns, rows = self.crops(width, height)
        return self.rule.each * columns * rows

    def crops(self, width: int, height: int) -> tuple[int, int]:
        """Return (columns, rows) of crops."""
        self._require_sides(width, height)
        unit = self._unit(width, height)
        return (-(-width // unit), -(-height // unit)) if unit else (1, 1)

    def _unit(self, width: int, height: int) -> int:
        """Return the side of a crop in pixels, 0 for an image that is not cut."""
        if max(width, height) <= _FLAT:
            return 0
        return min(_MOST, max(_LEAST, math.floor(min(width, height) / 1.5)))


def closed_families() -> Iterator[VisionFamily]:
    """Yield a family for every rule, under the rule's name."""
    for name, rule in closed().rule.items():
        if rule.kind == "tiles":
            yield ScaledTiles(name, rule.side, 1, rule.box * rule.short, rule)
        elif rule.kind in ("patches", "padded"):
            kind = Patches if rule.kind == "patches" else PaddedPatches
            yield kind(name, rule.side, 1, (rule.most or _UNBOUNDED) * rule.side**2, rule)
        elif rule.kind == "crops":
            yield Crops(name, _MOST, 1, _UNBOUNDED, rule)
        else:
            assert rule.most is not None
            yield BudgetFamily(name, 48, 48**2, rule.most * 48**2, rule.most)
