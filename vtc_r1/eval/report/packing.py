"""Distribution of traces: the worst go into the page as long as they fit, the others into separate files.

Page images, found in runs and traces, go into the page or next to it, each once.
"""

import base64
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vtc_r1.eval.report.detail import detail, page_hashes
from vtc_r1.eval.report.document import script_json
from vtc_r1.eval.report.row import OUTCOMES, Row
from vtc_r1.eval.report.sources import Sources

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


_CHUNK_BYTES = 400_000


@dataclass
class Packed:
    """The distribution of traces and images."""

    chunk_of: list[int]  #: for each row, the number of the file that holds its trace; 0 is the page itself
    #: the traces in the page, as JSON, each with the index of its row
    traces: list[tuple[int, str]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)  #: the images in the page, by hash
    chunks: int = 0  #: the number of files


def pack(sources: Sources, images: Images, folder: Path, room: int) -> Packed:
    """Fill the page up to `room` bytes; write the remaining traces into `folder`, with their images.

    Failures come first, right samples last. At most one file's traces are in memory besides the page.
    """
    packed = Packed([0] * len(sources.rows))
    places = {id(row): at for at, row in enumerate(sources.rows)}
    order = sorted(sources.rows, key=lambda row: OUTCOMES.index(row.outcome))
    shown = _shown(sources, images, order)
    left = room
    for row, text, hashes in shown:
        new = [sha256 for sha256 in hashes if sha256 not in packed.pages]
        # 60 and 120 bytes: the script elements around a trace and around an image.
        size = len(text.encode()) + 60 + sum(images.size(sha256) + 120 for sha256 in new)
        if size > left:
            _write_chunks(packed, images, folder, places, (row, text, hashes), shown)
            break
        left -= size
        packed.traces.append((places[id(row)], text))
        packed.pages.update((sha256, images.encoded(sha256)) for sha256 in new)
    return packed


_Shown = tuple[Row, str, list[str]]


def _shown(sources: Sources, images: Images, order: Sequence[Row]) -> Iterator[_Shown]:
    for row, trace in sources.traces(order):
        graded = sources.grade(row)
        values: dict[str, Any] = detail(trace, None if graded is None else graded.grade, images.has)
        yield row, script_json(values), [sha256 for sha256 in page_hashes(trace) if images.has(sha256)]


def _write_chunks(
    packed: Packed,
    images: Images,
    folder: Path,
    places: dict[int, int],
    first: _Shown,
    others: Iterator[_Shown],
) -> None:
    """Write `first` and `others` into files of about 400 kB, each a call that passes traces by row."""
    (folder / "data").mkdir()
    pending: list[str] = []
    size = 0

    def flush() -> None:
        packed.chunks += 1
        content = f"vtcChunk({packed.chunks},{{{','.join(pending)}}});\n"
        (folder / "data" / f"{packed.chunks:04}.js").write_text(content, encoding="utf-8", newline="\n")

    shown: _Shown | None = first
    while shown is not None:
        row, text, hashes = shown
        at = places[id(row)]
        packed.chunk_of[at] = packed.chunks + 1
        images.copy((sha256 for sha256 in hashes if sha256 not in packed.pages), folder / "pages")
        pending.append(f"{at}:{text}")
        size += len(text)
        shown = next(others, None)
        if size > _CHUNK_BYTES or shown is None:
            flush()
            pending, size = [], 0
