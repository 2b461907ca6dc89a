"""maj@n: what the samples of a problem answer most often, and whether that is right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vtc_r1.errors import UsageError

Same = Callable[[str, str], bool]
"""Tells whether two answers are one."""


@dataclass(frozen=True)
class Vote:
    """One sample's answer, None where it gave none, and whether it is right."""

    answer: str | None
    correct: bool


def majority(votes: Sequence[Vote], same: Same) -> float:
    """maj@n of one problem: 1 where the answer of most samples is right, 0 where it is wrong.

    Answers that are one by `same` are one vote; each is compared with the first of every class, so `same`
    should be symmetric. Samples without an answer do not vote. Where several answers have the most votes,
    the result is the share of them that is right: the expectation of a tie broken at random. A problem
    without any vote is wrong.
    """
    if not votes:
        raise UsageError("a problem without samples has no majority; run it first")
    classes = _classes([vote for vote in votes if vote.answer is not None], same)
    if not classes:
        return 0.0
    most = max(map(len, classes))
    leading = [members for members in classes if len(members) == most]
    return sum(members[0].correct for members in leading) / len(leading)


def _classes(votes: Sequence[Vote], same: Same) -> list[list[Vote]]:
    """Group votes by their answers; equal strings need no comparing."""
    known: dict[str, list[Vote]] = {}
    classes: list[list[Vote]] = []
    for vote in votes:
        answer = (vote.answer or "").strip()
        if answer not in known:
            found = next((members for members in classes if same(members[0].answer or "", answer)), None)
            if found is None:
                found = []
                classes.append(found)
            known[answer] = found
        known[answer].append(vote)
    return classes
