"""Exact values in a text, found by rules: definitions, results, long numbers and strings, the state."""

import re
from collections.abc import Iterable, Iterator

_LONGEST = 160  #: characters of a line that are examined, and maximum characters of a fact
_NAME = r"(?<![\w\\])(?:\\?[A-Za-z][A-Za-z0-9']{0,20}(?:_(?:\w|\{[\w,]{1,12}\}))?(?:\([\w,]{1,12}\))?)"
_VALUE = r"(?:\\?[A-Za-z\d(+\-√$.][^\s,;=<>]{0,40})"
_DEFINITION = re.compile(rf"({_NAME})\s{{0,2}}(?::=|=|:|≡)\s{{0,2}}({_VALUE})")
_EQUATION = re.compile(r"(?<![\w.])[-−(]{0,2}\d[\d.)(+\-−*/·×÷^ ]{0,60}=\s{0,2}[-−]?\d[\d.,/]{0,30}")
_LITERAL = re.compile(
    r"(?<![\w.])(?:0x[0-9a-fA-F]{4,}|[0-9a-fA-F]+(?:-[0-9a-fA-F]+){2,}|\d[\d,]{3,}(?:\.\d+)?|\d+\.\d+)"
)
_STRIPPED = "$ .,;:*`"


def facts(text: str, most: int, known: Iterable[str] = ()) -> list[str]:
    """Return the most valuable facts of `text`, in the order of the text.

    The state, which is its last line, is worth most, then definitions, then equations between numbers, then
    long numbers and strings; within each kind, later ones are worth more, since they are more current.

    Args:
        text: a segment.
        most: maximum characters of all facts, with a line end for each.
        known: facts that are already carried, and are not repeated.
    """
    lines = [line.strip()[:_LONGEST] for line in text.split("\n") if line.strip()]
    said = set(known)
    taken: list[str] = []
    places: dict[str, tuple[int, int]] = {}
    for at, fact in _ranked(lines):
        if fact in said or any(fact in other for other in taken) or len(fact) + 1 > most:
            continue
        most -= len(fact) + 1
        said.add(fact)
        taken.append(fact)
        places[fact] = at
    return sorted(taken, key=lambda fact: places[fact])


def _ranked(lines: list[str]) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield facts with their positions, line and column, the most valuable first."""
    if lines:
        yield (len(lines), 0), lines[-1]
    named: set[str] = set()
    for kind in (_DEFINITION, _EQUATION, _LITERAL):
        # From the end: of several definitions of a name, the last one has its current value.
        for at in range(len(lines) - 1, -1, -1):
            for found in reversed(list(kind.finditer(lines[at]))):
                if kind is _DEFINITION:
                    if found[1] in named or not any(map(str.isdigit, found[2])):
                        continue
                    named.add(found[1])
                if fact := " ".join(found.group().split()).strip(_STRIPPED):
                    yield (at, found.start()), fact
