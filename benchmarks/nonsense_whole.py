"""Whether what a command left on disk is whole: what is torn of JSON, pages, tables and pictures."""

import json
from collections.abc import Callable, Collection
from pathlib import Path


def torn(folder: Path, before: Collection[str]) -> str | None:
    """Name the first file below a folder that is not whole, besides those that were there before."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name in before or path.is_symlink() or not path.is_file() or path.suffix not in _CHECKS:
            continue
        try:
            _CHECKS[path.suffix](path)
        except Exception as error:
            return f"tore {name}: {type(error).__name__}: {error}"
    return None


def _json(path: Path) -> None:
    json.loads(path.read_bytes())


def _lines(path: Path) -> None:
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        raise ValueError("its last line has no end")
    for line in data.splitlines():
        json.loads(line)


def _page(path: Path) -> None:
    if not path.read_bytes().rstrip().endswith(b"</html>"):
        raise ValueError("it has no end")


def _png(path: Path) -> None:
    from PIL import Image

    with Image.open(path) as picture:
        picture.load()


def _parquet(path: Path) -> None:
    from pyarrow import parquet

    parquet.read_table(path)


_CHECKS: dict[str, Callable[[Path], None]] = {
    ".json": _json,
    ".jsonl": _lines,
    ".html": _page,
    ".png": _png,
    ".parquet": _parquet,
}
