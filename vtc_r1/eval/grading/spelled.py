"""Whole numbers in English words, up to 999."""

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_UNITS.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), 2)
}


def spelled(words: str) -> int | None:
    """Return the number that `words` spell, None where they spell none."""
    parts = [part for part in words.lower().replace("-", " ").split() if part != "and"]
    hundreds, rest = 0, parts
    if len(parts) > 1 and parts[1] == "hundred":
        hundreds, rest = 100 * _SMALL.get(parts[0], 10), parts[2:]
    values = [_SMALL.get(part, -1) for part in rest]
    if hundreds >= 1_000 or -1 in values or not parts:
        return None
    if len(values) == 2 and not (values[0] >= 20 and 0 < values[1] < 10):
        return None
    return None if len(values) > 2 else hundreds + sum(values)
