"""Page images: found in runs and traces, and put into the page or next to it, each once."""

import base64
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Images:
    """The page images of several runs, or of a trace.

    Args:
        places: functions that return the possible path of the image with a hash.

    Attributes:
        missing: hashes of pages whose image is at none of the paths, or is not a PNG.
    """

    def __init__(self, places: Sequence[Callable[[str], Path]]) -> None:
        self.missing: set[str] = set()
        self._places = places
        self._found: dict[str, Path | None] = {}

    def has(self, sha256: str) -> bool:
        """Tell whether the image of a page is available."""
        return self.path(sha256) is not None

    def path(self, sha256: str) -> Path | None:
        """Find the image of a page; a missing one is recorded, and None is returned."""
        if sha256 not in self._found:
            paths = (place(sha256) for place in self._places)
            self._found[sha256] = next((path for path in paths if _is_png(path)), None)
            if self._found[sha256] is None:
                self.missing.add(sha256)
        return self._found[sha256]

    def encoded(self, sha256: str) -> str:
        """Return an image as base64, an empty string if there is none."""
        path = self.path(sha256)
        return "" if path is None else base64.b64encode(path.read_bytes()).decode()

    def size(self, sha256: str) -> int:
        """Return the size of `encoded` in bytes."""
        path = self.path(sha256)
        return 0 if path is None else 4 * ((path.stat().st_size + 2) // 3)

    def copy(self, hashes: Iterable[str], folder: Path) -> None:
        """Put images under `folder`, as hard links where the file system allows it."""
        for sha256 in hashes:
            source = self.path(sha256)
            target = folder / sha256[:2] / f"{sha256}.png"
            if source is None or target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:
                shutil.copyfile(source, target)


def _is_png(path: Path) -> bool:
    try:
        if path.is_symlink():
            return False
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except OSError:
        return False
