"""Why solves failed, in words: counted by reason."""

import re
from collections.abc import Sequence
from pathlib import Path

from vtc_r1.errors import Cause

_WORDS: dict[Cause, str] = {
    "away": "server away",
    "busy": "server busy",
    "error": "server error",
    "broken": "connection lost",
    "late": "no answer in time",
    "key": "API key refused",
    "address": "wrong address or model",
    "tls": "no secure connection",
    "answer": "answer not understood",
    "refused": "request refused",
    "context": "context too small",
    "question": "question refused",
    "document": "document refused",
    "stopped": "model stopped",
}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NAMED, _REASONS = 5, 8
"""Lines that are named for a reason, and reasons that are reported."""


class Reasons:
    """Counts failures by their reason, and keeps where they happened.

    Args:
        file: where the questions are from.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found: dict[tuple[Cause | None, str], tuple[str, list[int]]] = {}

    def add(self, cause: Cause | None, error: str | None, line: int) -> None:
        """Count the question on a line: two whose errors differ in numbers alone have the same reason."""
        reason = " ".join((error or "no reason is on record").split())
        key = cause, _NUMBER.sub("0", reason)
        self._found.setdefault(key, (reason, []))[1].append(line)

    def lines(self) -> list[str]:
        """List the reasons, the most frequent first."""
        found = sorted(self._found.items(), key=lambda one: -len(one[1][1]))
        reported = [
            f"{len(lines)} failed, {words(cause)}: {reason} ({listed(self._file, lines)})"
            for (cause, _), (reason, lines) in found[:_REASONS]
        ]
        if rest := found[_REASONS:]:
            count = sum(len(lines) for _, (_, lines) in rest)
            reported.append(f"{count} failed for {len(rest)} other reasons")
        return reported

    def counts(self) -> str:
        """Summarise how many failed for which cause."""
        counts: dict[str, int] = {}
        for (cause, _), (_, lines) in self._found.items():
            counts[words(cause)] = counts.get(words(cause), 0) + len(lines)
        return ", ".join(f"{count} {word}" for word, count in sorted(counts.items(), key=lambda one: -one[1]))


def words(cause: Cause | None) -> str:
    """Name a cause; None is that of records from before there were causes."""
    return "cause not on record" if cause is None else _WORDS[cause]


def listed(file: Path, lines: Sequence[int]) -> str:
    """Name the first few lines of a file."""
    more = f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
    return ", ".join(f"{file}:{line}" for line in sorted(lines)[:_NAMED]) + more
