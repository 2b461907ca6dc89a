"""The tables of `vtc-r1 eval`, as Markdown."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from vtc_r1.cli.tables import broken, folded, listed, parted, room, table, turned
from vtc_r1.compression import times
from vtc_r1.counted import count
from vtc_r1.eval.benchmark import Benchmark, Reference, looser_grading
from vtc_r1.eval.pairs import Pair
from vtc_r1.eval.summary import Figure, Summary
from vtc_r1.eval.tally import ran_out

_PUBLISHED = "† as published: wall time of a batch ÷ its samples, not the latency of a solve."


def listing(benchmarks: Sequence[Benchmark]) -> str:
    """List benchmarks, each with what it is drawn from and what it asks."""
    return listed([(one.name, description(one)) for one in benchmarks], room())


def description(one: Benchmark) -> str:
    """Say in a line what a benchmark asks, and where its problems come from."""
    samples = f", {one.samples} samples a problem" if one.samples > 1 else ""
    return f"{one.description} {one.dataset or 'generated'}{samples}, graded as {one.grader}"


def benchmark_table(summaries: Sequence[Summary], references: Sequence[Reference]) -> str:
    """Show the runs of one benchmark, beside what was published; as wide as the terminal at most."""
    first, width = summaries[0], room()
    several = max(summary.samples for summary in summaries)
    samples = f", {several} samples each" if several > 1 else ""
    incomplete = [f"{summary.memory} owes {summary.owed:,} solves" for summary in summaries if summary.owed]
    heading = f"## {first.title} · {first.model} · {first.problems:,} problems{samples}"
    head = ["memory", f"avg@{several}" if several > 1 else "accuracy"]
    head += [f"pass@{several}", f"maj@{several}"] if several > 1 else []
    head += ["no answer", "failed", "iterations", "text", "vision", "cached", "re-prefill", "completion"]
    head += ["compression", "s median", "s p95", "solves/min"]
    rows = [_row(summary, several) for summary in summaries]
    published = [_reference(one, len(head)) for one in references]
    if cell_len(table(head, [*rows, *published]).split("\n", 1)[0]) <= width:
        shown = table(head, [*rows, *published])
    else:
        beside = ["published", "accuracy", "s"]
        few = [[row[0], row[1], row[-3]] for row in published]
        shown = "\n\n".join([turned(head, rows, width), *([parted(beside, few, width)] if few else [])])
    notes = [_PUBLISHED] if any(one.latency is not None for one in references) else []
    notes += looser_grading(references)
    notes += [f"Incomplete: {', '.join(incomplete)}."] if incomplete else []
    notes += [note for one in summaries for note in _left_out(one)]
    notes += [
        f"{one.memory}: extraction rules disagree on {one.doubtful:,} answers, {one.unreadable:,} could not "
        f"be read with certainty, {one.ungraded - one.unreadable:,} ended without a verdict."
        for one in summaries
        if one.doubtful or one.ungraded
    ]
    notes += [
        f"{one.memory}: of {one.solved:,} solves, {ran_out(one.exhausted)}."
        for one in summaries
        if one.exhausted
    ]
    notes += [
        f"{one.memory}: {times} of {one.solved} solves: {sentence}."
        for one in summaries
        for sentence, times in one.warnings.items()
    ]
    return "\n\n".join([broken(heading, width), shown, *(folded(note, width) for note in notes)])


def _left_out(one: Summary) -> Iterator[str]:
    """Say what figures leave out: solves that never ran, and problems without all of their samples."""
    if one.ran < one.solved:
        yield (
            f"{one.memory}: means of tokens and iterations are over {one.ran:,} of {one.solved:,} solves; "
            "the others never ran."
        )
    if one.samples > 1 and not one.voted:
        yield f"{one.memory}: no problem has all {one.samples} samples, so there is no maj@{one.samples}."
    elif one.samples > 1 and one.voted < one.problems:
        yield (
            f"{one.memory}: maj@{one.samples} is over the {one.voted:,} of {one.problems:,} problems that "
            f"have {one.samples} samples."
        )
    if one.unsettled:
        yield (
            f"{one.memory}: in {count(one.unsettled, 'problem')} not all answers could be compared in time; "
            f"maj@{one.samples} may be off."
        )


def pair_table(compared: Sequence[Pair]) -> str:
    """Show memory policies two by two: the first against the second; as wide as the terminal at most."""
    head = ["first − second", "points", "better", "worse", "p", "p (Holm)"]
    head += ["completion", "vision", "s mean"]
    rows = [
        [
            f"{pair.first} − {pair.second}",
            _figure(pair.difference, sign="+", unit=""),
            f"{pair.better:,}",
            f"{pair.worse:,}",
            _p(pair.p),
            _p(pair.p_holm),
            *(f"{one:,.0f} : {other:,.0f}" for one, other in (pair.completion, pair.vision)),
            f"{pair.seconds[0]:.2f} : {pair.seconds[1]:.2f}",
        ]
        for pair in compared
    ]
    return turned(head, rows, room())


def _row(summary: Summary, several: int) -> list[str]:
    tokens, latency, throughput = summary.tokens, summary.latency, summary.throughput
    read = (tokens.text, tokens.vision, tokens.cached, tokens.re_prefill)
    shares = [_figure(summary.accuracy)]
    if several > 1:
        shares += [_figure(summary.pass_at.get(several))]
        shares += [_figure(summary.majority if summary.samples == several else None)]
    return [
        summary.memory,
        *shares,
        f"{summary.unanswered:,}",
        f"{summary.failed:,}",
        f"{summary.iterations:.2f}",
        *(f"{count:,.0f}" for count in (*read, tokens.completion)),
        times(summary.compression),
        f"{latency.median:.2f}",
        f"{latency.p95:.2f}",
        f"{throughput.solves_per_minute:,.1f}" if throughput else "–",
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
    return f"{100 * figure.mean:{sign}.1f}{unit}\n[{low:{sign}.1f}, {high:{sign}.1f}]"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"
