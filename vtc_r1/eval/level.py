"""Whether runs were graded alike, so that their verdicts can be compared."""

from collections.abc import Sequence

from vtc_r1.eval.grading.provenance import golds_of
from vtc_r1.eval.runs import RunFolder

REMEDY = "vtc-r1 eval --regrade --out DIR brings them level"


def unlevel(runs: Sequence[tuple[str, RunFolder]]) -> str | None:
    """Say in a sentence that runs of one benchmark were graded otherwise than the first; None where none was.

    Args:
        runs: each with its name.
    """
    if len(runs) < 2:
        return None
    (first, one), *others = runs
    for name, other in others:
        difference = _difference(one, other)
        if difference is not None:
            title = one.run.benchmark.title
            return f"{title}: {first} and {name} were graded differently ({difference}); {REMEDY}"
    return None


def _difference(one: RunFolder, other: RunFolder) -> str | None:
    ours, theirs = one.run.grading, other.run.grading
    if ours is None or theirs is None:
        return "what graded one of them is not on record"
    if (difference := ours.difference(theirs, golds=False)) is not None:
        return difference
    first, second = ({problem.id: problem for problem in run.problems()} for run in (one, other))
    common = first.keys() & second.keys()
    same = golds_of(first[name] for name in common) == golds_of(second[name] for name in common)
    return None if same else "other gold answers"
