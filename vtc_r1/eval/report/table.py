"""Tables as text, for the page and for Markdown alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.eval.benchmark import Reference
from vtc_r1.eval.metrics import Comparison, Interval
from vtc_r1.eval.report.score import Score

Pair = tuple[Score, Score, Comparison]
_ABSENT = "–"


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: what stands in the header.
        rows: what stands below it.
        published: how many of the rows, the last ones, are published figures.
        note: what a reader should know of it.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    published: int = 0
    note: str = ""


def score_table(scores: Sequence[Score], references: Sequence[Reference]) -> Table:
    """Make the table of a benchmark: a row a run, the published figures below."""
    several = any(one.majority is not None for one in scores)
    most = max((one.each for one in scores), default=1)
    columns = [
        "", "accuracy", *((f"maj@{most}", f"pass@{most}") if several else ()), "problems × samples", "no answer",
        "failed", "iterations", "tokens written", "tokens read", "of them vision", "cached", "compression",
        "seconds", "median",
    ]  # fmt: skip
    rows = [_score_row(one, several) for one in scores]
    blank = [_ABSENT] * (len(columns) - 2)
    for reference in references:
        row = [f"{reference.model} {reference.method}", f"{reference.accuracy:.2f} %", *blank]
        if reference.latency is not None:
            row[-2] = f"{reference.latency:.2f}"
        rows.append(row)
    return Table(columns, rows, len(references), _note(scores, references))


def comparison_table(pairs: Sequence[Pair]) -> Table:
    """Make the table of any two runs: difference, its test, and what the first costs of the second."""
    columns = ["", "difference", "better", "worse", "p", "tokens", "seconds"]
    rows = []
    for one, other, found in pairs:
        tokens = (one.written + one.read) / max(other.written + other.read, 1e-9)
        rows.append(
            [
                f"{one.label} − {other.label}",
                f"{100 * found.difference.mean:+.1f} points [{100 * found.difference.low:+.1f}, "
                f"{100 * found.difference.high:+.1f}]",
                str(found.better),
                str(found.worse),
                p_value(found),
                f"{tokens:.2f}×",
                f"{one.seconds / max(other.seconds, 1e-9):.2f}×",
            ]
        )
    note = (
        "Paired by problem, on the problems that both runs have. Better and worse count problems. p is two-sided, by "
        "the sign-flip test, and not corrected for the number of comparisons. Tokens, written and read, and seconds "
        "are what the first costs of the second."
    )
    return Table(columns, rows, note=note)


def share(found: Interval | None) -> str:
    """Write an accuracy with its interval."""
    if found is None:
        return _ABSENT
    return f"{100 * found.mean:.1f} % [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def p_value(found: Comparison) -> str:
    """Write a p-value, drawn ones with a mark."""
    shown = "< 0.001" if found.p < 0.001 else f"{found.p:.3f}"
    return shown if found.exact else f"≈ {shown}"


def _score_row(one: Score, several: bool) -> list[str]:
    return [
        one.label,
        share(one.accuracy),
        *((share(one.majority), share(one.any_right)) if several else ()),
        f"{len(one.shares):,} × {one.samples / len(one.shares):g}",
        f"{one.outcomes['no answer']:,}",
        f"{one.outcomes['failed']:,}",
        f"{one.iterations:.2f}",
        f"{one.written:,.0f}",
        f"{one.read:,.0f}",
        f"{one.vision:,.0f}",
        f"{one.cached:,.0f}",
        _ABSENT if one.compression is None else f"{one.compression:.2f}×",
        f"{one.seconds:.2f}",
        f"{one.median_seconds:.2f}",
    ]


def _note(scores: Sequence[Score], references: Sequence[Reference]) -> str:
    parts = [
        "Accuracy is averaged over the samples of each problem, then over problems; brackets hold the 95 % bootstrap "
        "interval over problems. Failed solves count as wrong. Tokens, iterations and seconds are means over solves; "
        "seconds are the wall time of one solve from its first request to its last word."
    ]
    disagreements = sum(one.disagreements for one in scores)
    if disagreements:
        parts.append(f"On {disagreements:,} samples another extraction rule finds an answer with the other verdict.")
    if references:
        named = ", ".join(dict.fromkeys(reference.source for reference in references))
        parts.append(f"Published figures, in italics: {named}.")
    if any(reference.latency is not None for reference in references):
        parts.append("Published seconds are wall time of a batch ÷ its samples, which is not the time of a solve.")
    return " ".join(parts)
