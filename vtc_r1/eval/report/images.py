"""Page images: found where runs and traces keep them, put into the page or beside it, each once."""

import base64
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Images:
    """The page images of several runs, or of a trace.

    Args:
        places: each tells where the image of a hash would lie.

    Attributes:
        missing: hashes of pages whose image is in none of the places, or is no PNG.
    """

    def __init__(self, places: Sequence[Callable[[str], Path]]) -> None:
        self.missing: set[str] = set()
        self._places = places
        self._found: dict[str, Path | None] = {}

    def has(self, sha256: str) -> bool:
        """Tell whether the image of a page is at hand."""
        return self.path(sha256) is not None

    def path(self, sha256: str) -> Path | None:
        """Find the image of a page; None, counted, where there is none."""
        if sha256 not in self._found:
            paths = (place(sha256) for place in self._places)
            self._found[sha256] = next((path for path in paths if _is_png(path)), None)
            if self._found[sha256] is None:
                self.missing.add(sha256)
        return self._found[sha256]

    def encoded(self, sha256: str) -> str:
        """Return an image as base64, nothing where there is none."""
        path = self.path(sha256)
        return "" if path is None else base64.b64encode(path.read_bytes()).decode()

    def size(self, sha256: str) -> int:
        """Bytes that `encoded` has."""
        path = self.path(sha256)
        return 0 if path is None else 4 * ((path.stat().st_size + 2) // 3)

    def copy(self, hashes: Iterable[str], folder: Path) -> None:
        """Put images under `folder`, as links to the same files where the disk allows it."""
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
