"""Font files: their tables, and the code points that their character map holds.

The formats are those of the OpenType specification (`ttcf`, table directory, `cmap` 0, 4, 6, 10, 12, 13).
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtc_r1.disk.access import readable
from vtc_r1.errors import ProfileError

_COLLECTION = b"ttcf"
_SINGLE = (b"\0\1\0\0", b"OTTO", b"true")
_UNICODE = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))
_LAST = 0x10FFFF

Tables = dict[str, tuple[int, int]]


def read_faces(path: Path) -> list[Tables]:
    """Directory of each face in the file: offset and length of its tables, by their tag.

    Raises ProfileError for a file that is absent, unreadable or not a TrueType or OpenType font.
    """
    try:
        with readable(f"font {path}", ProfileError, "check the path"), path.open("rb") as file:
            head = file.read(12)
            offsets = [0]
            if head[:4] == _COLLECTION:
                count = struct.unpack(">I", head[8:])[0]
                offsets = list(struct.unpack(f">{count}I", file.read(4 * count))) if count < 1024 else []
            faces = []
            for offset in offsets:
                file.seek(offset)
                kind, count = struct.unpack(">4sH6x", file.read(12))
                if kind not in _SINGLE:
                    raise ValueError("it is not a TrueType or OpenType font")
                records = struct.iter_unpack(">4s4xII", file.read(16 * count))
                faces.append({tag.decode("latin-1"): (start, size) for tag, start, size in records})
        return faces
    except (ValueError, struct.error) as error:
        raise ProfileError(
            f"font {path}: cannot be used ({error}); choose a .ttf, .otf or .ttc file"
        ) from error


def read_points(path: Path, tables: Tables) -> NDArray[np.uint32]:
    """Code points for which the face has a glyph, ascending; raises ProfileError."""
    if "cmap" not in tables or not tables.keys() & {"glyf", "CFF ", "CFF2"}:
        raise ProfileError(f"font {path}: has no outlines or no character map; choose another font")
    start, size = tables["cmap"]
    try:
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(size)
        points = np.unique(_points(data, _chosen(data)))
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise ProfileError(f"font {path}: its character map is damaged ({error}); reinstall it") from error
    return points[points <= _LAST].astype(np.uint32)


def _chosen(data: bytes) -> int:
    """Offset of the richest Unicode subtable."""
    found: dict[tuple[int, int], int] = {}
    for record in range(struct.unpack_from(">2xH", data)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", data, 4 + 8 * record)
        if struct.unpack_from(">H", data, offset)[0] in (0, 4, 6, 10, 12, 13):
            found.setdefault((platform, encoding), offset)
    for key in _UNICODE:
        if key in found:
            return found[key]
    raise ValueError("it has no Unicode map")


def _points(data: bytes, at: int) -> NDArray[np.int64]:
    """Code points of the subtable at an offset."""
    (kind,) = struct.unpack_from(">H", data, at)
    if kind == 4:
        return _segments(data, at)
    if kind in (12, 13):
        (groups,) = struct.unpack_from(">I", data, at + 12)
        table = np.frombuffer(data, ">u4", 3 * groups, at + 16).astype(np.int64).reshape(groups, 3)
        first, last, glyph = table[table[:, 1] <= _LAST].T
        first = first + (glyph == 0) if kind == 12 else np.where(glyph == 0, last + 1, first)
        return _ranges(first, last)
    first, count, place = 0, 256, 6
    if kind != 0:
        form, place = (">HH", 10) if kind == 6 else (">II", 20)
        first, count = struct.unpack_from(form, data, at + place - struct.calcsize(form))
    glyphs = np.frombuffer(data, "u1" if kind == 0 else ">u2", count, at + place)
    points: NDArray[np.int64] = np.flatnonzero(glyphs) + first
    return points


def _segments(data: bytes, at: int) -> NDArray[np.int64]:
    """Code points of a format 4 subtable: segments, each with a shift or with glyphs of its own."""
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    place = at + 14
    last = np.frombuffer(data, ">u2", count, place).astype(np.int64)
    first, shift, jump = (
        np.frombuffer(data, ">u2", 3 * count, place + 2 * count + 2).reshape(3, count).astype(np.int64)
    )
    last = np.where(last == 0xFFFF, np.minimum(last, 0xFFFE), last)
    points = _ranges(first, last)
    segment = np.repeat(np.arange(count), np.maximum(last - first + 1, 0))
    base = place + 2 + 6 * count
    where = base + 2 * segment + jump[segment] + 2 * (points - first[segment])
    words = np.frombuffer(data, ">u2", (len(data) - base % 2) // 2, base % 2)
    listed = jump[segment] > 0
    own = np.zeros(len(points), np.int64)
    within = listed & (where // 2 < len(words))
    own[within] = words[where[within] // 2]
    glyphs = np.where(listed & (own == 0), 0, (np.where(listed, own, points) + shift[segment]) & 0xFFFF)
    found: NDArray[np.int64] = points[glyphs != 0]
    return found


def _ranges(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every number of every range `first` to `last`, in order."""
    lengths = np.maximum(last - first + 1, 0)
    ends = np.cumsum(lengths)
    if len(ends) and ends[-1] > 2 * _LAST:
        raise ValueError("its ranges overlap")
    numbers: NDArray[np.int64] = np.repeat(first - (ends - lengths), lengths)
    return numbers + np.arange(len(numbers))
