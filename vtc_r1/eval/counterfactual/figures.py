"""The figures of counterfactuals: by kind of change, place and compression, with intervals."""

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.eval.counterfactual.edits import Change
from vtc_r1.eval.counterfactual.followed import Follows
from vtc_r1.eval.metrics import clustered
from vtc_r1.eval.summary import Figure

By = Literal["all", "change", "page", "third", "compression"]
_THIRDS = ("first third", "middle", "last third")


class Tried(Record):
    """One page that was changed, and the outcome.

    Attributes:
        problem: id of the problem.
        sample: number of the sample.
        change: kind of change.
        at: index of the iteration that was continued.
        back: 1 for the last page of its prompt, 2 for the one before it, and so on.
        third: third of the page's text that was changed, from 0; None for two pages that were swapped.
        compression: text tokens ÷ vision tokens of the page, None if the model's vision tokens are unknown.
        old: what was changed.
        new: what stood there then.
        implied: the answer that the changed page implies, None if it cannot be worked out.
        prior: the answer of the trace.
        control: the answer of the same continuation from the unchanged page.
        answer: the answer from the changed page.
        follows: what the first affected step goes on from: the changed page, the prior or neither; without an
            implied answer, which of the two numbers is written; None if neither can be told.
        as_implied: whether the answer is the implied one; None if the implied one is unknown.
        differs: whether it differs from the control.
        noisy: whether the control differs from the trace.
    """

    problem: EncodableText
    sample: int
    change: Change
    at: int
    back: int
    third: int | None
    compression: float | None
    old: EncodableText
    new: EncodableText
    implied: EncodableText | None
    prior: EncodableText | None
    control: EncodableText | None
    answer: EncodableText | None
    follows: Follows | None
    as_implied: bool | None
    differs: bool
    noisy: bool


class Group(Record):
    """The changes of one kind, place or compression.

    Attributes:
        by: what they have in common.
        name: which kind, place or compression.
        tried: number of changes.
        told: number of those for which it can be told what they follow; the next three are shares of them.
        page: follow the changed page.
        prior: follow what was there before.
        neither: follow neither.
        as_implied: answers that are the implied one, of those for which it can be worked out.
        differs: answers that differ from the control.
        noise: controls that differ from the trace.
    """

    by: By
    name: str
    tried: int
    told: int
    page: Figure | None
    prior: Figure | None
    neither: Figure | None
    as_implied: Figure | None
    differs: Figure
    noise: Figure


class CounterfactualResult(Record):
    """What changed pages did to the answers of one run.

    Attributes:
        version: version of this record.
        benchmark: name of the benchmark.
        memory: memory policy.
        model: name of the model.
        samples: samples of the run that had an answer.
        untried: number of samples in which a kind of change could not be made so that its effect can be told.
        failed: continuations that failed.
        groups: the figures; all changes first.
        tried: every change.
    """

    version: int = 1
    benchmark: EncodableText
    memory: str
    model: EncodableText
    samples: int
    untried: dict[Change, int] = Field(default_factory=dict)
    failed: int = 0
    groups: list[Group]
    tried: list[Tried]


def groups(tried: Sequence[Tried]) -> list[Group]:
    """Return figures of all changes, then by change, page, third and compression; empty without changes."""
    found = [_group("all", "all", tried)] if tried else []
    for by, name in _NAMES.items():
        names: dict[str, list[Tried]] = {}
        for one in tried:
            names.setdefault(name(one), []).append(one)
        found += [_group(by, key, names[key]) for key in sorted(names, key=_order)]
    return found


def _group(by: By, name: str, tried: Sequence[Tried]) -> Group:
    told = [one for one in tried if one.follows is not None]
    worked = [one for one in tried if one.as_implied is not None]

    def share(of: Sequence[Tried], holds: Callable[[Tried], bool]) -> Figure:
        # Changes of one problem are alike.
        parts, wholes = dict[str, float](), dict[str, float]()
        for one in of:
            parts[one.problem] = parts.get(one.problem, 0) + holds(one)
            wholes[one.problem] = wholes.get(one.problem, 0) + 1
        return Figure.of(clustered(list(parts.values()), list(wholes.values())))

    return Group(
        by=by,
        name=name,
        tried=len(tried),
        told=len(told),
        page=share(told, lambda one: one.follows == "page") if told else None,
        prior=share(told, lambda one: one.follows == "prior") if told else None,
        neither=share(told, lambda one: one.follows in ("neither", "abstained")) if told else None,
        as_implied=share(worked, lambda one: bool(one.as_implied)) if worked else None,
        differs=share(tried, lambda one: one.differs),
        noise=share(tried, lambda one: one.noisy),
    )


def _compression(one: Tried) -> str:
    if one.compression is None:
        return "unknown"
    least = int(one.compression)
    return f"{least} to {least + 1}×"


_NAMES: dict[By, Callable[[Tried], str]] = {
    "change": lambda one: one.change,
    "page": lambda one: "last page" if one.back == 1 else f"{one.back} pages back",
    "third": lambda one: "whole page" if one.third is None else _THIRDS[one.third],
    "compression": _compression,
}


def _order(name: str) -> tuple[int, str]:
    """Sort by the number that a name begins with, the last page first."""
    digits = name.partition(" ")[0]
    return (int(digits) if digits.isdecimal() else 0), name
