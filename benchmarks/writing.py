"""What a solve wrote for its later segments, and how much of it they took up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LINE = re.compile(r"(?P<taken>[^=<>]+)=(?P<result>-?\d+)")
_NUMBER = re.compile(r"(?<![\d)])-?\d+|\d+")


@dataclass(frozen=True)
class Written:
    """Counts of one solve.

    Attributes:
        segments: number of segments.
        lines: of work, such as `37+85=122`, in all segments.
        again: of them, those that stand in their segment or an earlier one already.
        results: results that a segment leaves to later ones.
        survived: of them, those that a later segment calculates with.
    """

    segments: int
    lines: int
    again: int
    results: int
    survived: int


def written(segments: Sequence[str]) -> Written:
    """Count what the segments of a solve wrote; the last one leaves nothing."""
    work = [_work(text) for text in segments]
    seen, again, results, survived = set[str](), 0, 0, 0
    for at, lines in enumerate(work):
        for whole, _, _ in lines:
            again += whole in seen
            seen.add(whole)
        if at == len(work) - 1:
            break
        taken_later = {number for later in work[at + 1 :] for _, taken, _ in later for number in taken}
        left = {
            result
            for place, (_, _, result) in enumerate(lines)
            if not any(result in taken for _, taken, _ in lines[place + 1 :])
        }
        results += len(left)
        survived += len(left & taken_later)
    return Written(len(work), sum(map(len, work)), again, results, survived)


def _work(text: str) -> list[tuple[str, tuple[str, ...], str]]:
    """Return each line of work with the numbers that it takes and its result."""
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return [
        (each[0], tuple(_NUMBER.findall(each["taken"])), each["result"]) for each in found if each is not None
    ]
