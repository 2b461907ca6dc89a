"""TOML files by name or path, shipped with the package or the user's own; one can extend another."""

import tomllib
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from vtc_r1.errors import UnknownName, UsageError, first_line

EXTENDS = "extends"  #: key that names another file, whose values are the defaults
_DEEPEST = 8  #: maximum number of extensions in a chain
Values = dict[str, Any]


@dataclass(frozen=True)
class Declarations:
    """The files of one kind."""

    noun: str  #: what one of them is called in errors
    shipped: Traversable  #: folder of those that ship with the package
    error: type[UsageError]  #: what is raised for a file that cannot be read

    def names(self) -> list[str]:
        """Names of those that ship with the package."""
        entries = (entry.name for entry in self.shipped.iterdir())
        return sorted(Path(name).stem for name in entries if name.endswith(".toml"))

    def path(self, name: str) -> Path:
        """Return the file of a name, or of a path that ends with `.toml`.

        Raises:
            UnknownName: neither a shipped one nor a path; suggests the closest match.
            UsageError: there is no such file.
        """
        if name in self.names():
            return Path(str(self.shipped / f"{name}.toml"))
        path = Path(name)
        if path.suffix != ".toml":
            raise UnknownName(self.noun, name, self.names())
        if not path.is_file():
            shipped = ", ".join(self.names())
            raise self.error(f"{self.noun} {name}: there is no such file; shipped are {shipped}")
        return path

    def values(self, path: Path) -> Values:
        """Return the values of a file on top of those that it extends; raises UsageError."""
        return self._values(path, 0)

    def _values(self, path: Path, depth: int) -> Values:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise self.error(f"{self.noun} {path}: cannot be read ({first_line(error)})") from error
        base = values.pop(EXTENDS, None)
        if base is None:
            return values
        if not isinstance(base, str) or depth == _DEEPEST:
            raise self.error(f"{self.noun} {path}: {EXTENDS} = {base!r} is not a {self.noun}, or is circular")
        return _merged(self._values(self.path(base), depth + 1), values)


def _merged(base: Values, over: Values) -> Values:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = _merged(below, value) if both else value  # type: ignore[arg-type]  # both are tables
    return merged
