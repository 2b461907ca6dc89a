"""maj@n: what the samples of a problem answer most often, and whether that is right."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vtc_r1.errors import UsageError

Same = Callable[[str, str], bool]
"""Tells whether two answers are one."""
LONGEST = 5.0
"""Seconds of comparing the answers of one problem."""


@dataclass(frozen=True)
class Vote:
    """One sample's answer, None where it gave none, and whether it is right."""

    answer: str | None
    correct: bool


@dataclass(frozen=True)
class Majority:
    """What became of a vote.

    Attributes:
        share: 1 where the answer of most samples is right, 0 where it is wrong, a part of 1 in a tie.
        is_sure: whether all comparisons that could change it were made.
    """

    share: float
    is_sure: bool = True


def majority(votes: Sequence[Vote], same: Same, seconds: float = LONGEST) -> Majority:
    """Let the samples of one problem vote.

    The classes are made before a vote is counted, and whatever the order of the samples: right answers are
    one class, as all of them are the gold answer, wrong ones are compared in the order of how often they
    were given, then of their letters, each with the first of every class of wrong ones. Nothing is compared
    that cannot change the result. Samples without an answer do not vote. Where several classes have the most
    votes, the share is that of the right one: the expectation of a tie broken at random. A problem without
    any vote is wrong.

    Args:
        votes: of all samples.
        same: tells whether two wrong answers are one; should be symmetric.
        seconds: most time that comparing takes, but for the comparison that is going on then; answers not
            compared by then are apart.
    """
    if not votes:
        raise UsageError("a problem without samples has no majority; run it first")
    right = sum(vote.correct for vote in votes if vote.answer is not None)
    wrong = Counter(vote.answer.strip() for vote in votes if vote.answer is not None and not vote.correct)
    sizes, is_sure = _sizes(wrong, right, same, seconds)
    largest = max(sizes, default=0)
    if not right or largest > right:
        return Majority(0.0)
    return Majority(1 / (1 + sizes.count(right)), is_sure)


def _sizes(wrong: Counter[str], right: int, same: Same, seconds: float) -> tuple[list[int], bool]:
    """Count the votes of each class of wrong answers, as far as they matter beside `right` right ones."""
    leaders: list[str] = []
    sizes: list[int] = []
    waiting = sorted(wrong.items(), key=lambda one: (-one[1], one[0]))
    left, until = wrong.total(), time.monotonic() + seconds
    for at, (answer, votes) in enumerate(waiting):
        largest = max(sizes, default=0)
        if largest + left < right or max(largest, votes) > right:
            return [*sizes, votes], True
        place = None
        for known, leader in enumerate(leaders):
            if time.monotonic() > until:
                return [*sizes, *(count for _, count in waiting[at:])], False
            if same(leader, answer):
                place = known
                break
        if place is None:
            leaders.append(answer)
            sizes.append(votes)
        else:
            sizes[place] += votes
        left -= votes
    return sizes, True
