"""Tables of strings, for the page and for Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.compression import times
from vtc_r1.eval.benchmark import Reference, looser_grading
from vtc_r1.eval.pairs import Pair
from vtc_r1.eval.report.score import Score
from vtc_r1.eval.summary import Figure, Summary

_ABSENT = "–"


@dataclass(frozen=True)
class Table:
    """A table."""

    columns: Sequence[str]  #: the header
    rows: Sequence[Sequence[str]]  #: the rows below it
    published: int = 0  #: how many of the last rows are published figures
    note: str = ""  #: a note below the table


def overview_table(benchmarks: Sequence[tuple[str, Sequence[Score], Sequence[Reference]]]) -> Table:
    """Make the overview table: one column per benchmark, one row per run and published method."""
    titles = [title for title, _, _ in benchmarks]
    ours: dict[str, dict[int, str]] = {}
    theirs: dict[str, dict[int, str]] = {}
    for at, (_, scores, references) in enumerate(benchmarks):
        for one in scores:
            unfinished = " *" if one.summary.owed > 0 else ""
            ours.setdefault(one.label, {})[at] = _share(one.summary.accuracy) + unfinished
        for reference in references:
            theirs.setdefault(_named(reference), {})[at] = f"{reference.accuracy:.2f} %"
    named = (*ours.items(), *theirs.items())
    rows = [[name, *(cells.get(at, _ABSENT) for at in range(len(titles)))] for name, cells in named]
    note = "Accuracy with its 95 % interval; the tables of each benchmark follow below."
    note += " In italics, published figures." if theirs else ""
    if any(cell.endswith(" *") for row in rows for cell in row):
        note += " * not finished."
    return Table(["", *titles], rows, len(theirs), note)


def accuracy_table(scores: Sequence[Score], references: Sequence[Reference]) -> Table:
    """Make the table of accuracies: one row per run, then the published figures."""
    several = sorted({one.summary.samples for one in scores if one.summary.samples > 1})
    votes = [name for k in several for name in (f"maj@{k}", f"pass@{k}")]
    columns = ["", "accuracy", *votes, "problems × samples", "no answer", "failed", "seconds"]
    rows = [_accuracy_row(one, several) for one in scores]
    for reference in references:
        seconds = _ABSENT if reference.latency is None else f"{reference.latency:.2f}"
        absent = [_ABSENT] * (len(columns) - 3)
        rows.append([_named(reference), f"{reference.accuracy:.2f} %", *absent, seconds])
    return Table(columns, rows, len(references), _accuracy_note(scores, references))


def cost_table(scores: Sequence[Score]) -> Table:
    """Make the table of the costs of a solve."""
    columns = [
        "per solve", "iterations", "generated tokens", "text read", "vision read", "cached",
        "read again", "compression", "seconds", "median", "p95",
    ]  # fmt: skip
    never = sum(one.summary.solved - one.summary.ran for one in scores)
    without = f" {never:,} solves never ran and are left out of the means." if never else ""
    note = (
        f"Means over solves, except median and p95.{without} Tokens read: prompt tokens of all iterations, "
        "cached ones included; read again: memory tokens that were not new and yet could not be kept in a "
        "prefix cache. Compression: text tokens that the pages carried ÷ vision tokens. Seconds: wall time "
        "of a solve with others in flight at the same time, without failed ones."
    )
    return Table(columns, [_cost_row(one) for one in scores], note=note)


def pair_table(found: Sequence[Pair]) -> Table:
    """Make the table of pairwise comparisons: differences in accuracy and ratios of cost."""
    columns = [
        "",
        "difference",
        "problems",
        "better",
        "worse",
        "p",
        "p, Holm",
        "generated",
        "vision",
        "seconds",
    ]
    rows = [
        [
            f"{pair.first} − {pair.second}",
            f"{100 * pair.difference.mean:+.1f} points [{100 * pair.difference.low:+.1f}, "
            f"{100 * pair.difference.high:+.1f}]",
            f"{pair.problems:,}",
            f"{pair.better:,}",
            f"{pair.worse:,}",
            _p_value(pair.p, pair.exact),
            _p_value(pair.p_holm, pair.exact),
            *(_ratio(*costs) for costs in (pair.completion, pair.vision, pair.seconds)),
        ]
        for pair in found
    ]
    note = (
        "Paired by problem, on the problems that both have; the 95 % interval is in brackets. "
        "Better and worse count problems. p is two-sided, from the sign-flip test; next to it, "
        "Holm-corrected for all pairs of the table. Generated tokens, vision tokens and seconds: the first "
        "run's divided by the second's."
    )
    return Table(columns, rows, note=note)


def _named(reference: Reference) -> str:
    return f"{reference.model} {reference.method}"


def _percent(found: Figure | None) -> str:
    return _ABSENT if found is None else f"{100 * found.mean:.1f} %"


def _share(found: Figure | None) -> str:
    """Write an accuracy with its interval."""
    if found is None:
        return _ABSENT
    return f"{_percent(found)} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def _p_value(p: float, exact: bool) -> str:
    shown = "< 0.001" if p < 0.001 else f"{p:.3f}"
    return shown if exact else f"≈ {shown}"


def _ratio(first: float, second: float) -> str:
    return f"{first / second:.2f}×" if first and second else _ABSENT


def _accuracy_row(one: Score, several: Sequence[int]) -> list[str]:
    found = one.summary
    return [
        one.label,
        _share(found.accuracy),
        *(cell for k in several for cell in _votes(found, k)),
        _extent(found),
        f"{found.unanswered:,}",
        f"{found.failed:,}",
        f"{found.latency.mean:.2f}",
    ]


def _votes(found: Summary, k: int) -> tuple[str, str]:
    """Format maj@k, which only runs with k samples have, and pass@k."""
    return _share(found.majority if found.samples == k else None), _share(found.pass_at.get(k))


def _extent(found: Summary) -> str:
    """Format the extent of a run; for an unfinished one, also how much is done."""
    wanted = f"{found.problems:,} × {found.samples:,}"
    return f"{found.solved:,} of {wanted}" if found.owed > 0 else wanted


def _cost_row(one: Score) -> list[str]:
    found = one.summary
    tokens = [found.tokens.completion, found.tokens.text, found.tokens.vision]
    tokens += [found.tokens.cached, found.tokens.re_prefill]
    return [
        one.label,
        f"{found.iterations:.2f}",
        *(f"{mean:,.0f}" for mean in tokens),
        times(found.compression),
        *(f"{took:.2f}" for took in (found.latency.mean, found.latency.median, found.latency.p95)),
    ]


def _accuracy_note(scores: Sequence[Score], references: Sequence[Reference]) -> str:
    parts = [
        "Accuracy is averaged over the samples of each problem, then over problems; the 95 % interval over "
        "problems is in brackets. Failed solves count as wrong."
    ]
    doubtful = sum(one.summary.doubtful for one in scores)
    if doubtful:
        parts.append(
            f"In {doubtful:,} solves another extraction rule finds an answer with the other verdict."
        )
    unreadable = sum(one.summary.unreadable for one in scores)
    if unreadable:
        parts.append(
            f"In {unreadable:,} solves the answer could not be read with certainty; they count as wrong."
        )
    for one in (one.summary for one in scores):
        if one.samples > 1 and not one.voted:
            parts.append(
                f"{one.memory}: no problem has all {one.samples} samples, so there is no maj@{one.samples}."
            )
        elif one.samples > 1 and one.voted < one.problems:
            parts.append(
                f"{one.memory}: maj@{one.samples} covers the {one.voted:,} of {one.problems:,} problems "
                "that have all samples."
            )
    unsettled = sum(one.summary.unsettled for one in scores)
    if unsettled:
        parts.append(f"In {unsettled:,} votes not all answers could be compared in time.")
    if references:
        named = ", ".join(dict.fromkeys(reference.source for reference in references))
        parts.append(f"In italics, published figures: {named}.")
        parts += looser_grading(references)
    if any(reference.latency is not None for reference in references):
        parts.append(
            "Published seconds are the wall time of a batch divided by its samples, not the time of a solve."
        )
    return " ".join(parts)
