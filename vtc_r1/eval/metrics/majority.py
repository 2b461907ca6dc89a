"""maj@n: the most frequent answer of a problem's samples, and whether it is right."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vtc_r1.errors import UsageError

Same = Callable[[str, str], bool]  #: tells whether two answers are equal
LONGEST = 5.0  #: time limit for comparing the answers of one problem, in seconds


@dataclass(frozen=True)
class Vote:
    """One sample's answer, None if it gave none, and whether it is right."""

    answer: str | None
    correct: bool


@dataclass(frozen=True)
class Majority:
    """The result of a vote.

    Attributes:
        share: 1 if the most frequent answer is right, 0 if it is wrong, a fraction in a tie.
        is_sure: whether all comparisons that could change it were made.
    """

    share: float
    is_sure: bool = True


def majority(votes: Sequence[Vote], same: Same, seconds: float = LONGEST) -> Majority:
    """Let the samples of one problem vote.

    Answers are grouped into classes before votes are counted, independently of the order of the samples.
    Right answers form one class, as all of them equal the gold answer. Wrong ones are taken by frequency,
    then alphabetically, and each is compared with the first member of every class of wrong ones.
    Comparisons that cannot change the result are skipped. Samples without an answer do not vote. In a tie
    the share is the expectation of breaking it at random. A problem without any vote is wrong.

    Args:
        votes: the votes of all samples.
        same: tells whether two wrong answers are equal; should be symmetric.
        seconds: time limit for comparing; a comparison in progress is finished, and answers not compared by
            then count as different.
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
    """Count the votes of each class of wrong answers, as far as they matter against `right` right ones."""
    leaders: list[str] = []
    sizes: list[int] = []
    waiting = sorted(wrong.items(), key=lambda one: (-one[1], one[0]))
    left, until = wrong.total(), time.monotonic() + seconds
    for at, (answer, votes) in enumerate(waiting):
        largest = max(sizes, default=0)
        # Decided: no class of wrong answers can still reach the right one, or one has already passed it.
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
