"""The order in which people list names with numbers: 4k, 16k, 128k."""

import re

_PARTS = re.compile(r"(\d+)")


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts numbers inside names by value, and before letters."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _PARTS.split(name) if part
    )
