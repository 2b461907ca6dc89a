"""Partial scores from 0 to 1: the rule-based metrics of RULER and LongBench.

`all`: the share of the gold answers that the answer contains, ignoring case (RULER's string match). `any`: 1
if it contains any. `f1`: over words, without articles and punctuation. `rouge-l`: F1 of the longest
common subsequence of words. `class`: 1 divided by the number of named classes, if the right one is among
them. `number`: the share of its numbers that are right. `code`: similarity of its first line of code,
2·LCS over both lengths. With several gold answers the best one counts, except for `all`.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

Metric = Literal["all", "any", "f1", "rouge-l", "class", "number", "code"]
LONGEST = 20_000  #: only this many characters of an answer are scored
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"\w+")
_COMMENT = ("#", "//", "```")


def score(metric: Metric, answer: str, golds: Sequence[str], classes: Sequence[str] = ()) -> float:
    """Score an answer.

    Args:
        metric: the metric.
        answer: the answer.
        golds: the gold answers.
        classes: for `class`, all classes of the task.
    """
    answer = answer[:LONGEST]
    if metric == "all":
        return sum(gold.lower() in answer.lower() for gold in golds) / len(golds)
    if metric == "class":
        return max(_class(answer, gold, classes) for gold in golds)
    return max(_OF_ONE[metric](answer, gold) for gold in golds)


def words(text: str) -> list[str]:
    """Return the words that F1 compares: lower case, without articles and punctuation."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def common_length(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, by bit-parallel programming (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for at, part in enumerate(one):
        places[part] = places.get(part, 0) | 1 << at
    full = (1 << len(one)) - 1
    row = full
    for part in other:
        matched = row & places.get(part, 0)
        row = (row + matched | row - matched) & full
    return len(one) - row.bit_count()


def _any(answer: str, gold: str) -> float:
    return float(gold.lower() in answer.lower())


def _f1(answer: str, gold: str) -> float:
    ours, theirs = words(answer), words(gold)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs)) if common else 0.0


def _rouge_l(answer: str, gold: str) -> float:
    ours, theirs = _WORD.findall(answer.lower()), _WORD.findall(gold.lower())
    common = common_length(ours, theirs)
    return 2 * common / (len(ours) + len(theirs)) if common else 0.0


def _class(answer: str, gold: str, classes: Sequence[str]) -> float:
    """Score by class; a class whose name is part of the gold class's name does not count as another one."""
    named = [name for name in classes if name in answer and not (name in gold and name != gold)]
    return 1 / len(named) if gold in named else 0.0


def _number(answer: str, gold: str) -> float:
    found, right = re.findall(r"\d+", answer), re.findall(r"\d+", gold)
    return sum(number in right for number in found) / len(found) if found else 0.0


def _code(answer: str, gold: str) -> float:
    lines = (line for line in answer.strip("\n").split("\n") if line.strip())
    first = next((line for line in lines if not line.strip().startswith(_COMMENT)), "")
    both = len(first) + len(gold)
    return 2 * common_length(first, gold) / both if both else 0.0


_OF_ONE: dict[str, Callable[[str, str], float]] = {
    "any": _any,
    "f1": _f1,
    "rouge-l": _rouge_l,
    "number": _number,
    "code": _code,
}
