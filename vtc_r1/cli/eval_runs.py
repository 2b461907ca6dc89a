"""What `vtc-r1 eval` does: runs one after another, or grades stored ones again."""

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from vtc_r1.cli.eval_output import Output
from vtc_r1.cli.show import count
from vtc_r1.errors import UsageError
from vtc_r1.eval.evaluation import Result, evaluate, owes, regrade
from vtc_r1.eval.grading import grader
from vtc_r1.eval.load import LoadedBenchmark
from vtc_r1.eval.pairs import pairs
from vtc_r1.eval.runs import RunFolder, find_runs
from vtc_r1.eval.setup import Setup, Wanted, check_documents
from vtc_r1.memory import memory_policy
from vtc_r1.sglang.preflight import preflight
from vtc_r1.spec import listed


def run_all(
    wanted: Wanted,
    benchmarks: Sequence[LoadedBenchmark],
    output: Output,
    *,
    concurrency: int,
    retry_failed: bool,
) -> int:
    """Run every benchmark under every policy; return the exit code.

    Nothing is solved before all of it is known to be possible.
    """
    failed = 0
    with ExitStack() as opened:
        setups = []
        for setup in wanted.setups(benchmarks):
            opened.callback(setup.solver.close)
            setups.append(setup)
        if any(owes(setup, retry_failed=retry_failed) for setup in setups):
            check_ready(wanted, setups, output)
        for _, group in groupby(setups, key=lambda setup: setup.loaded.benchmark.name):
            results = []
            for setup in group:
                output.note_samples(setup, wanted.samples)
                with output.watching(setup.run, setup.folder) as watch:
                    result = evaluate(setup, concurrency=concurrency, retry_failed=retry_failed, watch=watch)
                if result.regraded is not None:
                    changed = count(result.regraded, "verdict")
                    output.say(f"{setup.folder}: had been graded otherwise; graded again, {changed} changed")
                results.append(result)
            _show(results, output)
            failed += sum(result.summary.failed for result in results)
    if failed:
        output.say(f"{count(failed, 'solve')} failed, counted as wrong; --retry-failed solves again")
    output.finish()
    return 1 if failed else 0


def regrade_runs(out: Path, benchmarks: Sequence[str], memory: str | None, output: Output) -> int:
    """Grade the stored runs in `out` again, those of some benchmarks or policies if named."""
    memories = [memory_policy(spec).name for spec in listed(memory or "")]
    folders = [
        folder
        for folder in find_runs([out])
        if (not benchmarks or folder.run.benchmark.name in benchmarks)
        and (not memories or folder.run.memory in memories)
    ]
    if not folders:
        raise UsageError(f"{out}: holds no run of {', '.join([*benchmarks, *memories])}")
    for _, group in groupby(folders, key=lambda folder: folder.path.parent):
        _show([_regraded(folder, output) for folder in group], output)
    output.finish()
    return 0


def _regraded(folder: RunFolder, output: Output) -> Result:
    with output.watching(folder.run) as watch:
        result, changed = regrade(folder.path, watch)
    output.say(f"{folder.path}: {result.summary.solved} graded again, {changed} verdicts changed")
    return result


def check_ready(wanted: Wanted, setups: Sequence[Setup], output: Output) -> None:
    """Make sure that the answers can be graded and the model can be asked."""
    for loaded in {setup.loaded.fingerprint: setup.loaded for setup in setups}.values():
        with grader(loaded.benchmark.grader, loaded.benchmark.rules) as judge:
            judge.check(loaded.problems)
            if unreadable := judge.unreadable(loaded.problems):
                names = ", ".join(problem.id for problem in unreadable[:5])
                gold = count(len(unreadable), "gold answer")
                output.say(f"{loaded.benchmark.name}: {gold} can only be matched as a string: {names}")
    settings = wanted.settings
    if settings.base_url:
        memories = wanted.memories
        drawn = next((spec for spec in memories if memory_policy(spec).draws), memories[0])
        preflight(settings.model_copy(update={"memory": drawn}))
        if any(problem.context for setup in setups for problem in setup.problems):
            setups[0].solver.check()
            for setup in setups:
                check_documents(setup)
    else:
        setups[0].solver.check()


def _show(results: Sequence[Result], output: Output) -> None:
    """Show the figures of a benchmark, and its policies in pairs."""
    first = results[0].summary
    compared = pairs(first.benchmark, {result.summary.memory: result.measured for result in results})
    output.show(results, compared)
