"""Numbers with their nouns."""


def count(number: int, noun: str) -> str:
    """Return `1 page`, `2 pages`, `1,000 pages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
