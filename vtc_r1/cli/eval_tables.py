"""The tables of `vtc-r1 eval`, as Markdown."""

from collections.abc import Sequence

from vtc_r1.eval.benchmark import Benchmark, Reference
from vtc_r1.eval.pairs import Pair
from vtc_r1.eval.summary import Figure, Summary

_PUBLISHED = "† as published: wall time of a batch ÷ its samples, which is no latency of a solve."


def listing(benchmarks: Sequence[Benchmark]) -> str:
    """List benchmarks."""
    rows = [
        [one.name, one.dataset or "generated", str(one.samples), one.grader, one.description]
        for one in benchmarks
    ]
    return table(["benchmark", "data set", "samples", "grader", "what it asks"], rows)


def benchmark_table(summaries: Sequence[Summary], references: Sequence[Reference]) -> str:
    """Show the runs of one benchmark, beside what was published."""
    first = summaries[0]
    several = max(summary.samples for summary in summaries)
    samples = f", {several} samples each" if several > 1 else ""
    incomplete = [f"{summary.memory} owes {summary.owed} solves" for summary in summaries if summary.owed]
    heading = f"## {first.title} · {first.model} · {first.problems} problems{samples}\n"
    head = ["memory", f"avg@{several}" if several > 1 else "accuracy"]
    head += [f"pass@{several}", f"maj@{several}"] if several > 1 else []
    head += ["no answer", "failed", "iterations", "text", "vision", "cached", "re-prefill", "completion"]
    head += ["compression", "s median", "s p95", "solves/min"]
    rows = [_row(summary, several) for summary in summaries]
    rows += [_reference(one, len(head)) for one in references]
    notes = [_PUBLISHED] if any(one.latency is not None for one in references) else []
    notes += [f"Incomplete: {', '.join(incomplete)}."] if incomplete else []
    notes += [
        f"{one.memory}: extraction rules disagree on {one.doubtful} answers, {one.unreadable} could not be "
        f"read surely, {one.ungraded - one.unreadable} ended without verdict."
        for one in summaries
        if one.doubtful or one.ungraded
    ]
    return "\n".join([heading, table(head, rows), *(f"\n{note}" for note in notes)])


def pair_table(compared: Sequence[Pair]) -> str:
    """Show memory policies two by two: the first against the second."""
    head = ["first − second", "points", "better", "worse", "p", "p (Holm)"]
    head += ["completion", "vision", "s mean"]
    rows = [
        [
            f"{pair.first} − {pair.second}",
            _figure(pair.difference, sign="+", unit=""),
            str(pair.better),
            str(pair.worse),
            _p(pair.p),
            _p(pair.p_holm),
            *(f"{one:,.0f} : {other:,.0f}" for one, other in (pair.completion, pair.vision)),
            f"{pair.seconds[0]:.2f} : {pair.seconds[1]:.2f}",
        ]
        for pair in compared
    ]
    return table(head, rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table whose columns line up."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (head, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _row(summary: Summary, several: int) -> list[str]:
    tokens, latency, throughput = summary.tokens, summary.latency, summary.throughput
    read = (tokens.text, tokens.vision, tokens.cached, tokens.re_prefill)
    shares = [_figure(summary.accuracy)]
    if several > 1:
        shares += [_figure(summary.pass_at.get(several)), _figure(summary.majority)]
    return [
        summary.memory,
        *shares,
        str(summary.unanswered),
        str(summary.failed),
        f"{summary.iterations:.2f}",
        *(f"{count:,.0f}" for count in (*read, tokens.completion)),
        f"{summary.compression:.2f}×" if summary.compression else "–",
        f"{latency.median:.2f}",
        f"{latency.p95:.2f}",
        f"{throughput.solves_per_minute:.1f}" if throughput else "–",
    ]


def _reference(one: Reference, columns: int) -> list[str]:
    row = [f"{one.model}, {one.method} ({one.source})", f"{one.accuracy:.2f} %", *[""] * (columns - 2)]
    if one.latency is not None:
        row[-3] = f"{one.latency:.2f} †"
    return row


def _figure(figure: Figure | None, *, sign: str = "", unit: str = " %") -> str:
    if figure is None:
        return "–"
    low, high = 100 * figure.low, 100 * figure.high
    return f"{100 * figure.mean:{sign}.1f}{unit} [{low:{sign}.1f}, {high:{sign}.1f}]"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"
