"""One round: the loop solves the problems, and right solves become a data set."""

from collections.abc import Callable, Sequence
from functools import partial

from vtc_r1.errors import DataError
from vtc_r1.eval.evaluation import Result, evaluate
from vtc_r1.eval.measured import Measured
from vtc_r1.eval.runs import RunFolder
from vtc_r1.eval.tally import Watch, unwatched
from vtc_r1.interface import CONCURRENCY
from vtc_r1.sft.building.build import assemble
from vtc_r1.sft.building.progress import BuildProgress
from vtc_r1.sft.building.work import build_shard
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.sampling.setup import Sampled
from vtc_r1.sft.sampling.solve_builder import SolveBuilder
from vtc_r1.sft.sampling.stored import StoredSolves, read_trace


def solve(
    sampled: Sampled,
    *,
    concurrency: int = CONCURRENCY,
    drop_failed: bool = False,
    watch: Watch = unwatched,
) -> Result:
    """Run and grade the missing solves; failed ones are repeated.

    Args:
        sampled: what is to be sampled.
        concurrency: solves in flight at most.
        drop_failed: go without those that failed, rather than solve them again.
        watch: is called with every solve and every grade.

    Raises:
        DataError: solves failed and are not to be dropped; the others are kept.
        StorageError: the folder of the solves cannot be read or written.
        GradingError: nothing can be graded; what was solved is kept.
    """
    result = evaluate(
        sampled.setup,
        concurrency=concurrency,
        retry_failed=not drop_failed,
        keep_failed=drop_failed,
        watch=watch,
    )
    if result.summary.failed and not drop_failed:
        raise DataError(
            f"{result.summary.failed} of {result.summary.solved} solves failed ({_first_error(result)}); "
            f"the others are kept in {result.folder}; run the same command again to solve them again, "
            "or leave them out with --drop-failed"
        )
    return result


def build_solves(
    workspace: Workspace,
    sampled: Sampled,
    solved: Result,
    report: Callable[[BuildProgress], None] = lambda progress: None,
) -> BuildProgress:
    """Build the data set of what was solved, and publish it.

    Args:
        workspace: opened, of the configuration of `sampled`.
        sampled: what was sampled.
        solved: its solves.
        report: is called with every shard.

    Raises:
        DataError: no solve is right and can be learned from.
        StorageError: a folder cannot be read or written.
    """
    setup, folder = sampled.setup, RunFolder(solved.folder)
    stored = StoredSolves(folder, setup.problems, setup.run.samples)
    workspace.start_over()
    with stored.open() as file:
        builder = SolveBuilder(
            sampled.config,
            setup.solver.new_memory,
            setup.solver.prompts.rule,
            setup.solver.preset.question,
            partial(read_trace, file),
            setup.solver.segment_end,
            setup.solver.renderer,
            sampled.tokenizer,
        )
        records = (build_shard(builder, job, rows) for job, rows in stored.jobs(workspace))
        facts = {"solves": _facts(folder, solved.measured)}
        return assemble(workspace, records, len(setup.problems), report, facts)


def _facts(folder: RunFolder, measured: Sequence[Measured]) -> dict[str, object]:
    """The facts about the solves for the manifest."""
    return {
        "solves": len(measured),
        "right": sum(one.correct for one in measured),
        "model": folder.run.model.model_dump(mode="json"),
        "versions": folder.run.versions,
    }


def _first_error(result: Result) -> str:
    failed = {one.key for one in result.measured if one.status == "failed"}
    samples = RunFolder(result.folder).samples()
    return next((sample.trace.error or "" for sample in samples if sample.key in failed), "")
