"""Families that see an image twice: cut into tiles, and whole in one square."""

from dataclasses import dataclass

from vtc_r1.renderers.vision.base import VisionFamily


@dataclass(frozen=True)
class TiledFamily(VisionFamily):
    """Fits the image to a grid of square tiles, and adds one view of the whole."""

    tile: int  #: side of one tile in pixels
    view: int  #: side of the whole view in pixels
    fewest: int  #: minimum number of tiles of an image that is cut
    most: int  #: maximum number of tiles
    extra: int = 0  #: tokens of an image besides those of its tiles and its view

    def tiles(self, width: int, height: int) -> tuple[int, int]:
        """Return (columns, rows) of tiles, (0, 0) for an image that fits into one tile."""
        self._require_sides(width, height)
        return (0, 0) if max(width, height) <= self.tile else self._nearest(width, height)

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels of all tiles together, of the whole view if none."""
        columns, rows = self.tiles(width, height)
        return (columns * self.tile, rows * self.tile) if columns else (self.view, self.view)

    def tokens(self, width: int, height: int) -> int:
        """Return the vision tokens of the tiles and of the whole view."""
        columns, rows = self.tiles(width, height)
        view = (self.view // self.grid) ** 2 if self._has_view(columns * rows) else 0
        return columns * rows * (self.tile // self.grid) ** 2 + view + self.extra

    def _has_view(self, tiles: int) -> bool:
        return True

    def _nearest(self, width: int, height: int) -> tuple[int, int]:
        """Return the (columns, rows) whose aspect ratio is nearest the image's.

        Among equally near ones a larger grid wins if the image has more than half of the grid's pixels.
        """
        aspect, nearest, best = width / height, float("inf"), (0, 0)
        for columns, rows in self._grids():
            distance = abs(aspect - columns / rows)
            half = columns * rows * self.tile**2 / 2
            if distance < nearest or (distance == nearest and width * height > half):
                nearest, best = distance, (columns, rows)
        return best

    def _grids(self) -> list[tuple[int, int]]:
        """Every (columns, rows) allowed, by number of tiles, then by columns."""
        sides = range(1, self.most + 1)
        grids = [(columns, rows) for columns in sides for rows in sides]
        allowed = [grid for grid in grids if self.fewest <= grid[0] * grid[1] <= self.most]
        return sorted(allowed, key=lambda grid: grid[0] * grid[1])


@dataclass(frozen=True)
class ThumbnailFamily(TiledFamily):
    """Cuts every image into tiles, however small it is, and adds a view only if there are several."""

    def tiles(self, width: int, height: int) -> tuple[int, int]:
        """Return (columns, rows) of tiles."""
        self._require_sides(width, height)
        return self._nearest(width, height)

    def _has_view(self, tiles: int) -> bool:
        return tiles > 1
