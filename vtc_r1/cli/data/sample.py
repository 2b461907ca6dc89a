"""`vtc-r1 data sample`: the loop solves problems, and its right solves become a data set."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from vtc_r1.cli import options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.cli.options import OUTPUT, Flags, flag, record
from vtc_r1.errors import UnknownName

if TYPE_CHECKING:
    from vtc_r1.cli.eval.output import EvalOutput
    from vtc_r1.sft.building.workspace import Workspace
    from vtc_r1.sft.sampling.setup import Sampled

_WHAT, _DATA, _RUN = "What is solved", "The data set", "The run"


MANUAL = manual(
    {
        "vtc-r1 data sample --problems arithmetic --limit 50 --n 4 --out data/round1": "the embedded model",
    },
    exits={0: "the data set is complete", 1: "there is no data set: solves failed, or none is right"},
    environment={**SETTINGS, "HF_TOKEN, HF_HOME": "access token of the hub, and the folder of its cache"},
    files=SETTINGS_FILE,
)


@record
class SampleFlags:
    """The flags of the command."""

    problems: str = flag("Rows as .jsonl or .parquet, a benchmark's name, or its .toml.", _WHAT, default=...)
    out: Path = flag("Folder of the data set; run the same command again to resume it.", _DATA, default=...)
    n: int = flag("Solves of each problem.", _WHAT, "--n", min=1, default=8)
    choose: str = flag(
        "Which right solves of a problem are kept: shortest, fewest-iterations, or all.",
        _DATA,
        default="shortest",
    )
    limit: int | None = flag("The first problems only.", _WHAT, min=1)
    file: Path | None = flag("Rows for the benchmark that --problems names.", _WHAT)
    question_field: str | None = flag("Column of the question.", _WHAT)
    answer_field: str | None = flag("Column of the gold answer.", _WHAT)
    id_field: str | None = flag("Column of the id.", _WHAT)
    solves: Path | None = flag(
        "Folder of the solves, as eval writes runs; OUT.solves by default.", _RUN, show_default=False
    )
    concurrency: int = flag("Solves in flight.", _RUN, min=1, default=8)
    drop_failed: bool = flag("Leave out solves on which the backend gave up.", _RUN, default=False)
    tokenizer: str | None = flag(
        "Checkpoint's folder or hub id; by default the model's if it is here, else an estimate.", _DATA
    )
    max_example_tokens: int = flag("Drop solves with a longer example.", _DATA, min=16, default=32_768)
    shard_rows: int = flag("Problems in one shard.", _DATA, min=1, default=256)
    flags: Flags
    as_json: bool = flag("Print the result as JSON.", OUTPUT, "--json", default=False)
    quiet: bool = options.quiet()


def sample(asked: SampleFlags) -> None:
    """Let the loop solve problems, keep right solves, and write them as a data set.

    The segments of a solve, and the pages that they were shown with, are the examples. Ctrl-C or a crash
    loses no finished solve: the same command resumes.
    """
    from vtc_r1.cli.data.build import needs_pyarrow, print_built, print_drops
    from vtc_r1.cli.eval.output import EvalOutput
    from vtc_r1.eval.setup import RunRequest, Selection
    from vtc_r1.settings import Settings
    from vtc_r1.sft.building.workspace import Workspace
    from vtc_r1.sft.sampling.setup import load_problems, prepare, solves_folder
    from vtc_r1.sft.sampling.stored import RULES

    if asked.choose not in RULES:
        raise UnknownName("--choose", asked.choose, RULES)
    needs_pyarrow()
    loaded = load_problems(
        asked.problems,
        file=asked.file,
        question_field=asked.question_field,
        answer_field=asked.answer_field,
        id_field=asked.id_field,
    )
    wanted = RunRequest(
        Settings.load(**asked.flags),
        asked.solves or solves_folder(asked.out),
        Selection(asked.limit),
        asked.n,
    )
    sampled = prepare(
        wanted,
        loaded,
        asked.out,
        choose=asked.choose,  # type: ignore[arg-type]  # checked above
        tokenizer=asked.tokenizer,
        max_tokens=asked.max_example_tokens,
        shard_rows=asked.shard_rows,
    )
    output = EvalOutput(as_json=asked.as_json, quiet=asked.quiet)
    with closing(sampled.setup.solver):
        workspace = Workspace(asked.out, sampled.config)
        _run(workspace, sampled, output, concurrency=asked.concurrency, drop_failed=asked.drop_failed)
    if built := print_built(asked.out, asked.as_json, "solve"):
        solves = built["solves"]
        print(
            f"{solves['right']:,} of {solves['solves']:,} solves are right; "
            f"{built['rows_used']:,} of {built['rows']:,} problems gave examples"
        )
        print_drops(built["generations_dropped"], "solve")


register = options.added_solving("sample", sample, MANUAL, without=("system_file",))


def _run(
    workspace: "Workspace", sampled: "Sampled", output: "EvalOutput", *, concurrency: int, drop_failed: bool
) -> None:
    """Solve and build what is owed; nothing is begun before all of it is known to be possible."""
    from vtc_r1.cli.data.build import Report, say_replaced
    from vtc_r1.cli.eval.runs import check_ready
    from vtc_r1.cli.show import warn
    from vtc_r1.eval.benchmark import benchmark_names
    from vtc_r1.eval.evaluation import has_work_left
    from vtc_r1.sft.sampling.sample import build_solves, solve

    setup = sampled.setup
    if not workspace.is_finished:
        if has_work_left(setup, retry_failed=not drop_failed, keep_failed=drop_failed):
            check_ready(sampled.wanted, [setup], output)
            warn(setup.solver.skeleton("").warnings)
        if (name := setup.run.benchmark.name) in benchmark_names():
            output.say(f"{name} is a benchmark: who learns from its problems cannot be evaluated on them")
    with workspace:
        say_replaced(workspace, output.quiet)
        if workspace.is_finished:
            return
        with output.watching(setup.run, setup.folder, lambda: setup.solver.waiting) as watch:
            solved = solve(sampled, concurrency=concurrency, drop_failed=drop_failed, watch=watch)
        build_solves(workspace, sampled, solved, Report(output.quiet, "problems"))
