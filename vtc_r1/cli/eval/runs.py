"""What `vtc-r1 eval` does: runs one after another, or grades stored ones again."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import groupby
from pathlib import Path

from vtc_r1.cli.causes import words
from vtc_r1.cli.eval.output import EvalOutput
from vtc_r1.cli.show import warn
from vtc_r1.cli.terminal.loading import check_fit, loading
from vtc_r1.cli.terminal.notices import slow_notice
from vtc_r1.counted import count
from vtc_r1.errors import OF_SERVER, Cause, UsageError
from vtc_r1.eval.counterfactual.run import counterfactuals
from vtc_r1.eval.equal import is_equal, is_reference
from vtc_r1.eval.evaluation import Result, evaluate, has_work_left, regrade
from vtc_r1.eval.grading import grader
from vtc_r1.eval.load import LoadedBenchmark
from vtc_r1.eval.pairs import pairs
from vtc_r1.eval.runs import RunFolder, find_runs
from vtc_r1.eval.setup import RunRequest, Setup, check_documents
from vtc_r1.memory import memory_policy
from vtc_r1.spec import listed


def run_all(
    wanted: RunRequest,
    benchmarks: Sequence[LoadedBenchmark],
    output: EvalOutput,
    *,
    concurrency: int,
    retry_failed: bool,
    counterfactual: bool = False,
) -> int:
    """Run every benchmark under every policy, then change pages if that is asked for; return the exit code.

    Nothing is solved before all of it is known to be possible.
    """
    failed, causes, stopped, missed = 0, Counter[Cause](), False, False
    with ExitStack() as opened:
        setups = []
        for setup in wanted.setups(benchmarks):
            opened.callback(setup.solver.close)
            setups.append(setup)
        if counterfactual and not any(map(_draws, setups)):
            raise UsageError(
                "--counterfactual changes pages, and none of these memories has any: "
                "add one that has, such as --memory optical"
            )
        if any(has_work_left(setup, retry_failed=retry_failed) for setup in setups):
            check_ready(wanted, setups, output)
        for _, group in groupby(setups, key=lambda setup: setup.loaded.benchmark.name):
            results, in_group = [], list(group)
            for setup in in_group:
                output.note_samples(setup, wanted.samples)
                warn(setup.solver.skeleton("").warnings)
                with output.watching(
                    setup.run, setup.folder, partial(getattr, setup.solver, "waiting")
                ) as watch:
                    result = evaluate(setup, concurrency=concurrency, retry_failed=retry_failed, watch=watch)
                for note in result.notes:
                    output.say(note)
                if result.regraded is not None:
                    changed = count(result.regraded, "verdict")
                    output.say(f"{setup.folder}: had been graded otherwise; graded again, {changed} changed")
                results.append(result)
                stopped = result.stopped
                if stopped:
                    break
            _show(results, output)
            if counterfactual and not stopped:
                missed |= not _change_pages(in_group, output, concurrency)
            failed += sum(result.summary.failed for result in results)
            for result in results:
                causes.update(result.summary.causes)
            if stopped:
                break
    if failed:
        _say_failed(failed, causes, output, stopped=stopped)
    output.finish()
    return 1 if failed or missed else 0


def _draws(setup: Setup) -> bool:
    return memory_policy(setup.run.memory, trusted=True).kind.draws


def _change_pages(setups: Sequence[Setup], output: EvalOutput, concurrency: int) -> bool:
    """Change pages of every run that carries some; return whether all of it was possible."""
    complete = True
    for setup in setups:
        if not _draws(setup):
            output.say(f"{setup.folder}: the memory {setup.run.memory} has no pages to change")
            continue
        waiting = partial(getattr, setup.solver, "waiting")
        with output.changing(setup.run, waiting) as watch:
            result = counterfactuals(setup, concurrency=concurrency, watch=watch)
        output.show_counterfactuals(result)
        complete &= bool(result.tried) and not result.failed
    return complete


def _say_failed(failed: int, causes: Counter[Cause], output: EvalOutput, *, stopped: bool) -> None:
    """Say how many solves failed, for which causes, and which command solves them again."""
    known = [f"{number} {words(cause)}" for cause, number in causes.most_common()]
    why = f" ({', '.join(known)})" if known else ""
    passing = sum(causes[cause] for cause in OF_SERVER)
    again = ["run the same command again to solve what the server failed"] if passing else []
    again += ["--retry-failed solves again"] if passing < failed else []
    output.say(f"{count(failed, 'solve')} failed{why}, counted as wrong; {', '.join(again)}")
    if stopped:
        output.say("stopped, as the server failed the last solves one after another: what is left stays owed")


def regrade_runs(out: Path, benchmarks: Sequence[str], memory: str | None, output: EvalOutput) -> int:
    """Grade the stored runs in `out` again, those of some benchmarks or policies if named."""
    memories = [memory_policy(spec, trusted=True).name for spec in listed(memory or "")]
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


def _regraded(folder: RunFolder, output: EvalOutput) -> Result:
    with output.watching(folder.run) as watch:
        result, changed = regrade(folder.path, watch)
    for note in result.notes:
        output.say(note)
    output.say(f"{folder.path}: {result.summary.solved} graded again, {changed} verdicts changed")
    return result


def check_ready(wanted: RunRequest, setups: Sequence[Setup], output: EvalOutput) -> None:
    """Make sure that the answers can be graded and the model can be asked."""
    for loaded in {setup.loaded.fingerprint: setup.loaded for setup in setups}.values():
        with (
            slow_notice(f"the gold answers of {loaded.benchmark.name} are checked", quiet=output.quiet),
            grader(loaded.benchmark.grader, loaded.benchmark.rules) as judge,
        ):
            judge.check(loaded.problems)
            if unreadable := judge.unreadable(loaded.problems):
                names = ", ".join(problem.id for problem in unreadable[:5])
                gold = count(len(unreadable), "gold answer")
                output.say(f"{loaded.benchmark.name}: {gold} can only be matched as a string: {names}")
    settings = wanted.settings
    if settings.base_url:
        memories = wanted.memories
        drawn = next((spec for spec in memories if memory_policy(spec).kind.draws), memories[0])
        check_fit(settings.model_copy(update={"memory": drawn}), quiet=output.quiet)
        if any(problem.context for setup in setups for problem in setup.problems):
            setups[0].solver.check()
            for setup in setups:
                check_documents(setup)
    else:
        with loading(setups[0].solver.backend, quiet=output.quiet):
            setups[0].solver.check()


def _show(results: Sequence[Result], output: EvalOutput) -> None:
    """Show the figures of a benchmark, and its policies in pairs."""
    first, runs = results[0].summary, {result.summary.memory: result.measured for result in results}
    equal = any(map(is_equal, runs))
    reference = next(filter(is_reference, runs), None) if equal else None
    output.show(results, pairs(first.benchmark, runs, reference), reference)
