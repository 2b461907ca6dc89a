"""Unpacking an untrusted archive: no path leaves the folder, no file is longer than its entry says."""

import hashlib
import json
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import readable, writable
from vtc_r1.errors import Unreadable
from vtc_r1.study.archive import MANIFEST, VERSION

MOST_FILES = 200_000
MOST_BYTES = 16 * 10**9  #: of all files unpacked, unless the caller says otherwise
_MANIFEST_BYTES = 256 * 10**6
_PART = re.compile(r"[A-Za-z0-9_=,+@-][A-Za-z0-9._=,+@-]*")
_DEEPEST = 8
_BLOCK = 1 << 20


def unpack(archive: Path, folder: Path, most: int = MOST_BYTES) -> tuple[dict[str, Any], list[str]]:
    """Unpack an archive into a fresh folder; return its manifest and what is wrong with its files.

    Args:
        archive: the file.
        folder: exists and is empty.
        most: bytes that its files may have in total.

    Raises Unreadable: it is no archive of a study, or not one that is safe to unpack.
    """
    if not archive.exists():
        raise Unreadable(f"{archive}: there is no such archive; vtc-r1 study export writes one")
    try:
        with readable(archive, Unreadable), zipfile.ZipFile(archive) as packed:
            return _unpack(packed, archive, folder, most)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Unreadable(f"{archive}: is not an archive of a study, or is damaged ({error})") from error


def _unpack(
    packed: zipfile.ZipFile, archive: Path, folder: Path, most: int
) -> tuple[dict[str, Any], list[str]]:
    entries = packed.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_FILES:
        raise Unreadable(f"{archive}: has {len(entries):,} files, and at most {MOST_FILES:,} are unpacked")
    if len(set(names)) != len(names):
        raise Unreadable(f"{archive}: has two files of one name")
    for name in names:
        if not is_safe(name):
            raise Unreadable(
                f"{archive}: the name {name[:80]!r} could lead out of the folder; nothing is unpacked"
            )
    if sum(entry.file_size for entry in entries) > most:
        raise Unreadable(
            f"{archive}: unpacks to more than {most / 1e9:,.1f} GB; raise --most-bytes if you trust it"
        )
    if MANIFEST not in names:
        raise Unreadable(f"{archive}: is not an archive of a study ({MANIFEST} is missing)")
    manifest = _manifest(packed, archive)
    files, wrong = manifest["files"], []
    wrong += [f"{name}: is not in the manifest" for name in names if name not in files and name != MANIFEST]
    wrong += [f"{name}: is missing" for name in files if name not in names]
    for entry in entries:
        if entry.filename in files:
            sha256 = _write(packed, entry, folder / entry.filename, archive)
            if sha256 != files[entry.filename].get("sha256"):
                wrong.append(f"{entry.filename}: is not the file of the manifest, by its hash")
    return manifest, wrong


def is_safe(name: str) -> bool:
    """Tell whether a name stays below a folder, whatever system it is unpacked on."""
    parts = name.split("/")
    return len(name) <= 400 and len(parts) <= _DEEPEST and all(_PART.fullmatch(part) for part in parts)


def _manifest(packed: zipfile.ZipFile, archive: Path) -> dict[str, Any]:
    if packed.getinfo(MANIFEST).file_size > _MANIFEST_BYTES:
        raise Unreadable(f"{archive}: its {MANIFEST} is too large")
    try:
        read = json.loads(packed.read(MANIFEST))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{archive}: its {MANIFEST} is damaged") from error
    if not isinstance(read, dict) or read.get("version") != VERSION:
        raise Unreadable(f"{archive}: its {MANIFEST} is not of version {VERSION}, which this program reads")
    files = read.get("files")
    if not isinstance(files, dict) or not all(isinstance(one, dict) for one in files.values()):
        raise Unreadable(f"{archive}: its {MANIFEST} lists no files")
    return read


def _write(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, archive: Path) -> str:
    """Write a file, no longer than its entry says; return its hash."""
    sha256, size = hashlib.sha256(), 0
    with writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with packed.open(entry) as source, path.open("xb") as target:
            while block := source.read(_BLOCK):
                size += len(block)
                if size > entry.file_size:
                    raise Unreadable(f"{archive}: {entry.filename} is longer than it says")
                sha256.update(block)
                target.write(block)
    return sha256.hexdigest()
