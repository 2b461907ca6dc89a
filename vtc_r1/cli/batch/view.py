"""The solves of a batch in the terminal: listed, failures first, some of them, or one chosen."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self, get_args

from vtc_r1.cli.batch.file import START
from vtc_r1.cli.causes import words
from vtc_r1.cli.printable import printable
from vtc_r1.counted import count
from vtc_r1.disk.lines import every_line
from vtc_r1.errors import Cause, StorageError, UnknownName, Unreadable, UsageError, first_line
from vtc_r1.storage import parse_trace
from vtc_r1.trace import Status, Trace

STATUSES: tuple[Status, ...] = get_args(Status)
CAUSES: tuple[Cause, ...] = get_args(Cause)
_ORDER: tuple[Status, ...] = ("failed", "cancelled", "stalled", "exhausted", "answered")
_SIGNS: dict[Status, str] = {
    "answered": "✓",
    "exhausted": "∅",
    "stalled": "∅",
    "cancelled": "!",
    "failed": "!",
}
_LONGEST = 40


@dataclass(frozen=True)
class SolveFilter:
    """Which solves are wanted; None leaves a choice open.

    Attributes:
        index: position of the question, from 0.
        status: how it ended, or why it failed.
        answer: the answer, but for blanks at its ends.
        text: stands in question, segments, answer or error, in whatever case.

    Raises:
        UnknownName: there is no such status or cause.
    """

    index: int | None = None
    status: str | None = None
    answer: str | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        if self.status is not None and self.status not in (*STATUSES, *CAUSES):
            raise UnknownName("status", self.status, (*STATUSES, *CAUSES))

    @property
    def flags(self) -> dict[str, int | str]:
        """The flags that were given."""
        given = {"index": self.index, "status": self.status, "answer": self.answer, "text": self.text}
        return {f"--{name}": value for name, value in given.items() if value is not None}

    def takes(self, trace: Trace) -> bool:
        """Tell whether a solve is one of them."""
        return (
            self.index in (None, trace.index)
            and self.status in (None, trace.status, trace.cause)
            and (self.answer is None or (trace.answer or "").strip() == self.answer.strip())
            and (self.text is None or self.text.casefold() in _all_text(trace).casefold())
        )


@dataclass(frozen=True)
class Line:
    """What the list shows of a solve."""

    index: int
    status: Status
    cause: Cause | None
    question: str
    answer: str | None
    error: str | None
    iterations: int
    completion_tokens: int
    vision_tokens: int
    seconds: float

    @classmethod
    def of(cls, trace: Trace) -> Self:
        """Take it from a trace."""
        return cls(
            index=-1 if trace.index is None else trace.index,
            status=trace.status,
            cause=trace.cause,
            question=trace.question,
            answer=trace.answer,
            error=trace.error,
            iterations=len(trace.iterations),
            completion_tokens=trace.usage.completion_tokens,
            vision_tokens=trace.usage.vision_tokens,
            seconds=trace.seconds,
        )


def is_batch(path: Path) -> bool:
    """Tell whether a file is of the kind that --batch writes: a trace on every line."""
    try:
        with path.open("rb") as file:
            first = file.readline()
    except OSError:
        return False
    return path.suffix == ".jsonl" or (first.startswith(START) and path.suffix != ".json")


def chosen_solve(path: Path, wanted: SolveFilter, *, as_json: bool) -> Trace | None:
    """Return the solve that is named by its position; without one, list those that are wanted.

    Raises:
        StorageError: the file cannot be read, or holds no such solve.
    """
    lines: list[Line] = []
    seen = 0
    for trace in read_batch(path):
        seen += 1
        if not wanted.takes(trace):
            continue
        if wanted.index is not None:
            return trace
        lines.append(Line.of(trace))
    if not lines:
        given = " ".join(f"{name} {value}" for name, value in wanted.flags.items())
        what = f"{count(seen, 'solve')}, none of them with {given}"
        raise Unreadable(f"{path}: holds {what if seen else 'no solve'}")
    lines.sort(key=lambda line: (_ORDER.index(line.status), line.index))
    print(_as_json(lines) if as_json else printable(_listed(path, lines, seen)))
    return None


def read_batch(path: Path) -> Iterator[Trace]:
    """Yield the traces of a file, one at a time; a torn last one is left out.

    Raises StorageError for a line that is not a trace, naming it.
    """
    for number, line in enumerate(every_line(path, Unreadable), 1):
        try:
            yield parse_trace(line.decode("utf-8"))
        except ValueError as error:
            if not line.endswith(b"\n") and line.startswith(START):
                return
            raise StorageError(f"{path}:{number}: is not a trace ({first_line(error)})") from error


def refuse_filters(path: Path, wanted: SolveFilter) -> None:
    """Refuse flags that belong to batches for what is none."""
    if wanted.flags:
        raise UsageError(f"{path}: is not a file that --batch wrote; leave out {' and '.join(wanted.flags)}")


def _all_text(trace: Trace) -> str:
    segments = (iteration.text for iteration in trace.iterations)
    return "\n".join([trace.question, *segments, trace.answer or "", trace.error or ""])


def _listed(path: Path, lines: list[Line], seen: int) -> str:
    """Write a line of what is listed, and one for every solve."""
    counts = Counter(line.status for line in lines)
    causes = Counter(words(line.cause) for line in lines if line.status == "failed")
    why = ", ".join(f"{number} {cause}" for cause, number in causes.most_common())
    parts = [
        f"{counts[status]} {status}{f' ({why})' if status == 'failed' else ''}"
        for status in _ORDER
        if counts[status]
    ]
    some = "" if seen == len(lines) else f" of {seen}"
    head = f"{path} · {len(lines)}{some} solves: {', '.join(parts)}"
    widest = max(len(_short(line.answer or "–")) for line in lines)
    digits = len(str(max(line.index for line in lines)))
    return "\n".join([head, *(_row(line, digits, widest) for line in lines)])


def _row(line: Line, digits: int, widest: int) -> str:
    which = f"{_SIGNS[line.status]} {line.status:<9}  {line.index:>{digits}}"
    spent = f"{line.iterations:>3} it  {line.completion_tokens:>7,} tokens  {line.seconds:>7.1f} s"
    why = f"  ({words(line.cause)})" if line.status == "failed" else ""
    return f"{which}  {spent}  {_short(line.answer or '–'):<{widest}}  {_short(line.question)}{why}"


def _as_json(lines: list[Line]) -> str:
    return json.dumps([line.__dict__ for line in lines], indent=2, ensure_ascii=False)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
