"""Fallback faces: fonts for the characters that a profile's own font lacks."""

import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal

from vtc_r1.errors import ProfileError
from vtc_r1.renderers.typeface import Typeface, find_typeface

Fallback = Literal["installed", "none"] | tuple[str, ...]
"""Which fallback faces to use: those installed, none, or these font files in this order."""

_PACKAGE, _PACKAGED = "noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc"
_FAMILIES = (
    "notosanscjk(sc)?",
    "sourcehansans(sc|cn)?",
    "notosans(sc|hans)",
    "(notosanscjk|sourcehansans|notosans)(jp|kr|tc|hk)",
    "notosans",
    "notosansmath",
    "notosanssymbols2?",
    "notoemoji",
    "notosans[a-z]+",
    "wqy-?microhei",
    "wqy-?zenhei",
    "droidsansfallback(full)?",
    "dejavumathtexgyre",
    "stixtwomath",
    "free(sans|serif)",
    "symbola",
    "unifont",
    "pingfang",
    "hiragino sans gb",
    "stheiti light",
    "applesdgothicneo",
    "arial unicode",
    "apple symbols",
    "msyh",
    "simsun",
    "yugothm",
    "malgun",
    "nirmala",
    "seguisym",
    "seguiemj",
)
"""File names without their style, the preferred first."""
_REGULAR = r"([-_ ]?(regular|vf|variablefont\S*))?(\[[\w,]+\])?\.(ttf|otf|ttc|otc)"
_NAMES = tuple(re.compile(family + _REGULAR, re.IGNORECASE) for family in _FAMILIES)
_MOST_FOLDERS = 5_000


@lru_cache(maxsize=8)
def fallback_faces(fallback: Fallback = "installed") -> tuple[Typeface, ...]:
    """Fallback faces in order of preference, the same on every call in a process.

    `installed` means the optional package of CJK fonts, then the regular styles of known families
    in the font folders of the system. From a collection, the face for Simplified Chinese is taken,
    else the first.

    Raises ProfileError for an unusable font file given by the caller.
    """
    if fallback == "none":
        return ()
    if fallback == "installed":
        return tuple(_simplified(path) for path in (*_packaged(), *_installed()))
    return tuple(find_typeface(font) for font in fallback)


def _packaged() -> Iterator[Path]:
    """Yield the font of the package that the extra `cjk` installs, if it is installed."""
    try:
        path = Path(str(resources.files(_PACKAGE) / _PACKAGED))
    except ModuleNotFoundError:
        return
    if path.is_file():
        yield path


def _installed() -> list[Path]:
    """Fonts of known families in the system's folders, the preferred first."""
    ranked = [(rank, path.name, path) for path in _files() if (rank := _rank(path.name)) is not None]
    return [path for _, _, path in sorted(ranked)]


def _rank(name: str) -> int | None:
    return next((rank for rank, known in enumerate(_NAMES) if known.fullmatch(name)), None)


def _files() -> Iterator[Path]:
    """Yield the files in the system's font folders, at most `_MOST_FOLDERS` folders of them."""
    left = _MOST_FOLDERS
    for root in font_folders():
        for folder, inner, names in os.walk(root):
            inner.sort()
            left -= 1
            if left < 0:
                return
            yield from (Path(folder) / name for name in names)


def font_folders() -> list[Path]:
    """Folders in which this system keeps fonts, the user's own first."""
    environment, home = os.environ, Path(os.path.expanduser("~"))  # noqa: PTH111
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA", str(home / "AppData" / "Local"))
        return [
            Path(local) / "Microsoft" / "Windows" / "Fonts",
            Path(environment.get("WINDIR", r"C:\Windows")) / "Fonts",
        ]
    if sys.platform == "darwin":
        return [home / "Library" / "Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    return [
        Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "fonts",
        home / ".fonts",
        Path("/usr/local/share/fonts"),
        Path("/usr/share/fonts"),
        Path("/run/current-system/sw/share/X11/fonts"),
    ]


def _simplified(path: Path) -> Typeface:
    """Face of a font file whose family name ends in SC, else its first."""
    if path.suffix.lower() not in (".ttc", ".otc"):
        return Typeface(path)
    try:
        for typeface in Typeface(path).siblings:
            if (typeface.family or "").endswith(" SC"):
                return typeface
    except ProfileError:
        pass
    return Typeface(path)
