"""The pages of a data set as files, each once, named by its hash."""

import hashlib
from pathlib import Path

from vtc_r1.sft.building.example import BuiltExample


class PageFiles:
    """Writes pages below a folder as `pages/ab/HASH.png`.

    Args:
        folder: the folder of an export.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def paths(self, example: BuiltExample) -> list[str]:
        """Write what is not there yet; return the paths relative to the folder."""
        return [self._path(png) for png in example.images]

    def _path(self, png: bytes) -> str:
        name = hashlib.sha256(png).hexdigest()
        path = self.folder / "pages" / name[:2] / f"{name}.png"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png)
        return path.relative_to(self.folder).as_posix()
