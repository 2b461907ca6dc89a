"""What `vtc-r1 eval` prints: tables on standard output, progress on standard error."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vtc_r1.cli.eval.tables import benchmark_table, listing, pair_table
from vtc_r1.cli.printable import printable
from vtc_r1.cli.terminal.notices import Notice
from vtc_r1.cli.terminal.progress import JobProgress, ProgressDisplay, clock
from vtc_r1.eval.benchmark import benchmark, benchmark_names
from vtc_r1.eval.evaluation import Result
from vtc_r1.eval.pairs import Pair
from vtc_r1.eval.runs import Run, RunFolder
from vtc_r1.eval.setup import Setup
from vtc_r1.eval.tally import Tally, Watch, ran_out, unwatched


class Output:
    """Prints an evaluation.

    Args:
        as_json: the figures come as one JSON object at the end, instead of tables.
        quiet: no progress and no notes.
    """

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json, self.quiet = as_json, quiet
        self._runs: list[dict[str, Any]] = []
        self._pairs: list[dict[str, Any]] = []

    def benchmarks(self) -> None:
        """Print the benchmarks that ship with the package."""
        found = [benchmark(name) for name in benchmark_names()]
        if self.as_json:
            print(json.dumps([one.model_dump(mode="json") for one in found], indent=2, ensure_ascii=False))
        else:
            print(listing(found))

    def say(self, line: str) -> None:
        """Print a note."""
        if not self.quiet:
            print(printable(line), file=sys.stderr)

    def note_samples(self, setup: Setup, asked: int | None) -> None:
        """Say where a run has fewer samples than its benchmark wants."""
        usual = setup.loaded.benchmark.samples
        if asked is None and setup.run.samples < usual:
            self.say(
                f"{setup.run.benchmark.name}: 1 sample a problem instead of {usual}, as sampling is greedy"
            )

    def show(self, results: Sequence[Result], compared: Sequence[Pair]) -> None:
        """Print the figures of one benchmark under its memory policies."""
        self._runs += [
            {"folder": str(result.folder), **result.summary.model_dump(mode="json")} for result in results
        ]
        self._pairs += [pair.model_dump(mode="json") for pair in compared]
        if not self.as_json:
            references = RunFolder(results[0].folder).run.benchmark.reference
            print(printable(benchmark_table([result.summary for result in results], references)), flush=True)
            if compared:
                print("\n" + pair_table(compared), flush=True)
            print()

    def finish(self) -> None:
        """Print the JSON, where that is wanted."""
        if self.as_json:
            figures = {"version": 1, "runs": self._runs, "pairs": self._pairs}
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
