"""What `vtc-r1 eval` prints: tables on standard output, progress on standard error."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from vtc_r1.cli.printable import printable
from vtc_r1.cli.tables import broken, folded, listed, parted, room, table, turned
from vtc_r1.cli.terminal.notices import Notice, Output
from vtc_r1.cli.terminal.progress import JobProgress, ProgressDisplay, clock
from vtc_r1.compression import times
from vtc_r1.counted import count
from vtc_r1.eval.benchmark import Benchmark, Reference, benchmark, benchmark_names, looser_grading
from vtc_r1.eval.counterfactual.figures import CounterfactualResult
from vtc_r1.eval.counterfactual.run import Watch as Changing
from vtc_r1.eval.evaluation import Result
from vtc_r1.eval.pairs import Pair
from vtc_r1.eval.runs import Run, RunFolder
from vtc_r1.eval.setup import Setup
from vtc_r1.eval.summary import Figure, Summary
from vtc_r1.eval.tally import Tally, Watch, ran_out, unwatched


@dataclass
class EvalOutput(Output):
    """Prints an evaluation; as JSON, its figures come at the end."""

    _runs: list[dict[str, Any]] = field(default_factory=list)
    _pairs: list[dict[str, Any]] = field(default_factory=list)
    _counterfactuals: list[dict[str, Any]] = field(default_factory=list)

    def benchmarks(self) -> None:
        """Print the benchmarks that ship with the package."""
        found = [benchmark(name) for name in benchmark_names()]
        if self.as_json:
            print(json.dumps([one.model_dump(mode="json") for one in found], indent=2, ensure_ascii=False))
        else:
            print(listing(found))

    def note_samples(self, setup: Setup, asked: int | None) -> None:
        """Say where a run has fewer samples than its benchmark wants."""
        usual = setup.loaded.benchmark.samples
        if asked is None and setup.run.samples < usual:
            self.say(
                f"{setup.run.benchmark.name}: 1 sample a problem instead of {usual}, as sampling is greedy"
            )

    def show(self, results: Sequence[Result], compared: Sequence[Pair], reference: str | None = None) -> None:
        """Print the figures of one benchmark under its memory policies.

        Args:
            results: of the policies.
            compared: the policies in pairs.
            reference: the policy whose tokens the others had; then everything is one table.
        """
        self._runs += [
            {"folder": str(result.folder), **result.summary.model_dump(mode="json")} for result in results
        ]
        self._pairs += [pair.model_dump(mode="json") for pair in compared]
        if not self.as_json:
            references = RunFolder(results[0].folder).run.benchmark.reference
            summaries = [result.summary for result in results]
            against = None if reference is None else {pair.first: pair for pair in compared}
            print(printable(benchmark_table(summaries, references, against)), flush=True)
            if compared and reference is None:
                print("\n" + pair_table(compared), flush=True)
            print()

    def show_counterfactuals(self, result: CounterfactualResult) -> None:
        """Print what changed pages did to the answers of one run, and what could not be changed."""
        self._counterfactuals.append(result.model_dump(mode="json", exclude={"tried"}))
        if result.groups and not self.as_json:
            print(printable(counterfactual_table(result)) + "\n", flush=True)
        where = f"{result.benchmark} · {result.memory}"
        if not result.groups:
            self.say(
                f"{where}: no page of {count(result.samples, 'answered solve')} could be changed so that its "
                "effect can be told: solves of one segment have no pages, and white ones no text"
            )
        elif result.untried:
            missed = ", ".join(f"{change} in {number:,}" for change, number in result.untried.items())
            self.say(f"{where}: of {count(result.samples, 'answered solve')}, no change of {missed}")
        if result.failed:
            self.say(
                f"{where}: {count(result.failed, 'continuation')} failed; run the same command again to retry"
            )

    @contextmanager
    def changing(self, run: Run, waiting: Notice = lambda: None) -> Iterator[Changing]:
        """Show the progress of a run's counterfactuals."""
        with ProgressDisplay(
            f"{run.benchmark.name} · {run.memory} · changed", waiting, quiet=self.quiet
        ) as display:

            def watch(total: int, done: int, failed: int) -> None:
                display.update(JobProgress(done + failed, total, f"{failed:,} failed" if failed else ""))

            yield watch

    def finish(self) -> None:
        """Print the JSON, where that is wanted."""
        if self.as_json:
            figures: dict[str, Any] = {"version": 1, "runs": self._runs, "pairs": self._pairs}
            if self._counterfactuals:
                figures["counterfactuals"] = self._counterfactuals
            print(json.dumps(figures, indent=2, ensure_ascii=False))

    @contextmanager
    def watching(
        self, run: Run, folder: Path | None = None, waiting: Notice = lambda: None
    ) -> Iterator[Watch]:
        """Show the progress of a run, and what it waits for.

        Where it is interrupted, say what is in its folder, if that is given.
        """
        if self.quiet:
            yield unwatched
            return
        last: list[Tally] = []
        name = f"{run.benchmark.name} · {run.memory}"
        with ProgressDisplay(name, waiting) as display:

            def watch(tally: Tally) -> None:
                last[:] = [tally]
                display.update(JobProgress(tally.before + tally.solved, tally.total, progress_text(tally)))

            try:
                yield watch
            except KeyboardInterrupt:
                for tally in last if folder else []:
                    done = tally.before + tally.solved
                    display.say(
                        f"{done} of {tally.total} are in {folder}; run the same command again to resume"
                    )
                raise
        for tally in last:
            self.say(f"{name}: {tally.before + tally.solved} of {tally.total} done, {progress_text(tally)}")


def progress_text(tally: Tally) -> str:
    """Say in one line how far a run is: accuracy so far, rates, time left."""
    parts = []
    if tally.accuracy is not None:
        parts.append(f"{100 * tally.accuracy:.1f} % right")
    if tally.failed:
        parts.append(f"{tally.failed:,} failed")
    if tally.exhausted:
        parts.append(ran_out(tally.exhausted))
    if tally.solved:
        parts += [f"{tally.solves_per_minute:,.1f} solves/min", f"{tally.tokens_per_second:,.0f} tokens/s"]
    if tally.seconds_left:
        parts.append(f"{clock(tally.seconds_left)} left")
    return " · ".join(parts)


_PUBLISHED = "† as published: wall time of a batch ÷ its samples, not the latency of a solve."


_EQUAL = (
    "In each prompt, a memory had the tokens that optical memory carried in the same iteration of the same "
    "problem; a solve that takes more iterations reads more in all."
)


def listing(benchmarks: Sequence[Benchmark]) -> str:
    """List benchmarks, each with what it is drawn from and what it asks."""
    return listed([(one.name, description(one)) for one in benchmarks], room())


def description(one: Benchmark) -> str:
    """Say in a line what a benchmark asks, and where its problems come from."""
    samples = f", {one.samples} samples a problem" if one.samples > 1 else ""
    return f"{one.description} {one.dataset or 'generated'}{samples}, graded as {one.grader}"


def benchmark_table(
    summaries: Sequence[Summary],
    references: Sequence[Reference],
    against: Mapping[str, Pair] | None = None,
) -> str:
    """Show the runs of one benchmark, beside what was published; as wide as the terminal at most.

    With `against`, which compares policies with the one whose tokens they had, that is in the table too.
    """
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
    if against is not None:
        shown, references = f"{equal_table(summaries, against)}\n\n{folded(_EQUAL, width)}", ()
    elif cell_len(table(head, [*rows, *published]).split("\n", 1)[0]) <= width:
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


def equal_table(summaries: Sequence[Summary], against: Mapping[str, Pair]) -> str:
    """Show runs whose memories had the tokens of the one that is not in `against`."""
    reference = next((pair.second for pair in against.values()), "reference")
    head = ["memory", "accuracy", f"− {reference}, points", "p (Holm)", "iterations", "memory", "text"]
    head += ["vision", "re-prefill", "completion", "s median"]
    rows = []
    for one in summaries:
        tokens, pair = one.tokens, against.get(one.memory)
        read = (tokens.memory, tokens.text, tokens.vision, tokens.re_prefill, tokens.completion)
        difference = _figure(pair.difference, sign="+", unit="") if pair else "–"
        beside = [difference, _p(pair.p_holm) if pair else "–", f"{one.iterations:.2f}"]
        shown = [*beside, *(f"{mean:,.0f}" for mean in read), f"{one.latency.median:.2f}"]
        rows.append([one.memory, _figure(one.accuracy), *shown])
    return turned(head, rows, room())


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


def counterfactual_table(result: CounterfactualResult) -> str:
    """Show what answers after changed pages follow; as wide as the terminal at most."""
    head = ["changed", "tried", "can be told", "follow the page", "the prior", "neither"]
    head += ["answer as implied", "differ from the control", "control differs"]
    rows = [
        [
            group.name if group.by == "all" else f"{group.by}: {group.name}",
            f"{group.tried:,}",
            f"{group.told:,}",
            *map(_figure, shares),
        ]
        for group in result.groups
        for shares in [[group.page, group.prior, group.neither, group.as_implied, group.differs, group.noise]]
    ]
    heading = broken(f"## Changed pages · {result.benchmark} · {result.memory} · {result.model}", room())
    return f"{heading}\n\n{parted(head, rows, room())}"


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
