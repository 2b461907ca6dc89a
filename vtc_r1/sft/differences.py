"""The keys in which two configurations differ."""

from collections.abc import Mapping
from typing import Any

_LISTED = 4  #: maximum keys of one table that are named; of more, the table alone is


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the keys whose values differ, those of a table as `table.key`."""
    found: list[str] = []
    for name in dict.fromkeys((*one, *other)):
        ours, theirs = one.get(name), other.get(name)
        if ours == theirs:
            continue
        both = isinstance(ours, Mapping) and isinstance(theirs, Mapping)
        inner = differences(ours, theirs) if both else []  # type: ignore[arg-type]  # both are tables
        found += [f"{name}.{key}" for key in inner] if 0 < len(inner) <= _LISTED else [name]
    return found
