"""Local files as sources: which ones, and what tells them apart."""

import hashlib
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import readable
from vtc_r1.errors import SourceError

KINDS = (".parquet", ".jsonl")
_PROBE = 2**20


def list_files(path: Path) -> list[Path]:
    """Return the file, or the files of one kind in a folder in the order of their names, as full paths."""
    path = path.resolve()
    if path.is_file():
        if path.suffix not in KINDS:
            raise SourceError(f"{path}: is neither .parquet nor .jsonl")
        return [path]
    for kind in KINDS:
        if files := sorted(path.glob(f"*{kind}")) or sorted(path.glob(f"data/*{kind}")):
            return files
    raise SourceError(f"{path}: holds neither .parquet nor .jsonl files")


def identity(kind: str, files: list[Path]) -> dict[str, Any]:
    """Return names, sizes and hashes of both ends of `files`; raises SourceError."""
    return {"kind": kind, "files": [_file(path) for path in files]}


def _file(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with readable(path, SourceError), path.open("rb") as file:
        size = path.stat().st_size
        digest.update(file.read(_PROBE))
        file.seek(max(0, size - _PROBE))
        digest.update(file.read(_PROBE))
    return {"name": path.name, "bytes": size, "sha256_of_ends": digest.hexdigest()}
