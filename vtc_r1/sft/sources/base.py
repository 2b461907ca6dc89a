"""The interface of a source, and the columns that it must have."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from vtc_r1.errors import SourceError

REQUIRED = ("problem", "answer", "generations")
VERDICTS = ("correctness_math_verify", "correctness_llama")
OPTIONAL = ("uuid", "source", "is_reasoning_complete")
COLUMNS = (*REQUIRED, *VERDICTS, *OPTIONAL)
"""The columns that building reads."""

Record = dict[str, Any] | None
"""A row as read; None if it is not a JSON object."""


class Source(Protocol):
    """Rows in a fixed order; can be sent to another process.

    Attributes:
        identity: identity of this source in its current state.
        count: number of rows, None if it is not known without reading them.
    """

    identity: dict[str, Any]
    count: int | None

    def rows(self, start: int, stop: int | None = None) -> Iterator[Record]:
        """Read rows `start` up to `stop`, or to the end."""
        ...


def check_columns(name: str, found: Iterable[str]) -> list[str]:
    """Return the columns to read; raises SourceError that names what is missing."""
    have = set(found)
    if missing := [column for column in REQUIRED if column not in have]:
        raise SourceError(
            f"{name}: has no column {', '.join(missing)}; building reads rows as OpenR1-Math-220k has them"
        )
    if not have & set(VERDICTS):
        raise SourceError(
            f"{name}: has neither {' nor '.join(VERDICTS)}, which tell which generations are correct"
        )
    return [column for column in COLUMNS if column in have]
