"""`vtc-r1 data sample`: the loop solves problems, and its right solves become a data set."""

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vtc_r1.cli import options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.compression import times
from vtc_r1.counted import count
from vtc_r1.errors import UnknownName

if TYPE_CHECKING:
    from vtc_r1.cli.eval.output import Output
    from vtc_r1.sft.building.workspace import Workspace
    from vtc_r1.sft.sampling.setup import Sampled

_WHAT, _DATA, _RUN = "What is solved", "The data set", "The run"


def register(app: typer.Typer) -> None:
    """Add the command to `vtc-r1 data`."""
    options.add_solving(app, "sample", sample, epilog=MANUAL, without=("system_file",))


MANUAL = manual(
    {
        "vtc-r1 data sample --problems arithmetic --limit 50 --n 4 --out data/round1": "the embedded model",
    },
    exits={0: "the data set is complete", 1: "there is no data set: solves failed, or none is right"},
    environment={**SETTINGS, "HF_TOKEN, HF_HOME": "access token of the hub, and the folder of its cache"},
    files=SETTINGS_FILE,
)


def sample(
    *,
    problems: Annotated[
        str,
        typer.Option(
            help="Rows as .jsonl or .parquet, a benchmark's name, or its .toml.", rich_help_panel=_WHAT
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder of the data set; the same command again resumes it.", rich_help_panel=_DATA
        ),
    ],
    n: Annotated[int, typer.Option("--n", min=1, help="Solves of each problem.", rich_help_panel=_WHAT)] = 8,
    choose: Annotated[
        str,
        typer.Option(
            help="Which right solves of a problem are kept: shortest, fewest-iterations, or all.",
            rich_help_panel=_DATA,
        ),
    ] = "shortest",
    limit: Annotated[
        int | None, typer.Option(min=1, help="The first problems only.", rich_help_panel=_WHAT)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="Rows for the benchmark that --problems names.", rich_help_panel=_WHAT),
    ] = None,
    question_field: Annotated[
        str | None, typer.Option(help="Column of the question.", rich_help_panel=_WHAT)
    ] = None,
    answer_field: Annotated[
        str | None, typer.Option(help="Column of the gold answer.", rich_help_panel=_WHAT)
    ] = None,
    id_field: Annotated[str | None, typer.Option(help="Column of the id.", rich_help_panel=_WHAT)] = None,
    solves: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the solves, as eval writes runs; OUT.solves by default.",
            show_default=False,
            rich_help_panel=_RUN,
        ),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Solves in flight.", rich_help_panel=_RUN)] = 8,
    drop_failed: Annotated[
        bool,
        typer.Option(
            "--drop-failed", help="Leave out solves on which the backend gave up.", rich_help_panel=_RUN
        ),
    ] = False,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            help="Checkpoint's folder or hub id; by default the model's if it is here, else an estimate.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    max_example_tokens: Annotated[
        int, typer.Option(min=16, help="Drop solves with a longer example.", rich_help_panel=_DATA)
    ] = 32_768,
    shard_rows: Annotated[
        int, typer.Option(min=1, help="Problems in one shard.", rich_help_panel=_DATA)
    ] = 256,
    flags: options.Flags,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=options.OUTPUT)
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Let the loop solve problems, keep right solves, and write them as a data set.

    The segments of a solve, and the pages that they were shown with, are the examples. Ctrl-C or a crash
    loses no finished solve: the same command resumes.
    """
    from vtc_r1.cli.data.build import needs_pyarrow
    from vtc_r1.cli.eval.output import Output
    from vtc_r1.eval.setup import Selection, Wanted
    from vtc_r1.settings import Settings
    from vtc_r1.sft.building.workspace import Workspace
    from vtc_r1.sft.sampling.choice import RULES
    from vtc_r1.sft.sampling.setup import load_problems, prepare, solves_folder

    if choose not in RULES:
        raise UnknownName("--choose", choose, RULES)
    needs_pyarrow()
    loaded = load_problems(
        problems, file=file, question_field=question_field, answer_field=answer_field, id_field=id_field
    )
    wanted = Wanted(Settings.load(**flags), solves or solves_folder(out), Selection(limit), n)
    sampled = prepare(
        wanted,
        loaded,
        out,
        choose=choose,  # type: ignore[arg-type]  # checked above
        tokenizer=tokenizer,
        max_tokens=max_example_tokens,
        shard_rows=shard_rows,
    )
    output = Output(as_json=as_json, quiet=quiet)
    with closing(sampled.setup.solver):
        workspace = Workspace(out, sampled.config)
        _run(workspace, sampled, output, concurrency=concurrency, drop_failed=drop_failed)
    _print_sampled(out, as_json)


def _run(
    workspace: "Workspace", sampled: "Sampled", output: "Output", *, concurrency: int, drop_failed: bool
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


def _print_sampled(out: Path, as_json: bool) -> None:
    from vtc_r1.sft.built.dataset import BuiltDataset
    from vtc_r1.sft.built.statistics import report

    found: dict[str, Any] = report(BuiltDataset(out))
    if as_json:
        print(json.dumps({"folder": str(out), **found}, indent=2, ensure_ascii=False))
        return
    build = found["build"]
    ratio = f", compression {times(found['compression_ratio'])}" if found["vision_tokens"] else ""
    print(f"{out}: {count(found['examples'], 'example')} of {count(found['traces'], 'solve')}{ratio}")
    solves = build["solves"]
    print(
        f"{solves['right']:,} of {solves['solves']:,} solves are right; "
        f"{build['rows_used']:,} of {build['rows']:,} problems gave examples"
    )
    for reason, solves in sorted(build["generations_dropped"].items(), key=lambda item: -item[1]):
        print(f"dropped {count(solves, 'solve')}: {reason}")
