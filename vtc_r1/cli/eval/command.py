"""`vtc-r1 eval`: benchmarks, under one memory policy or several, with honest figures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from vtc_r1.cli import completion, options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.errors import UsageError

_WHAT, _FILE, _RUN = "What is evaluated", "Rows of your own", "The run"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    options.add_solving(app, "eval", evaluate, epilog=MANUAL)


MANUAL = manual(
    {
        "vtc-r1 eval arithmetic --limit 50 --memory optical,text,blank": "three memory policies in pairs",
        "vtc-r1 eval lookup --limit 40 --memory optical,text,blank": "a value beside a name in a document",
        "vtc-r1 eval --list": "the benchmarks",
        "vtc-r1 eval --regrade --out runs": "grade stored traces again, without a model",
    },
    exits={0: "every problem was solved, whatever the accuracy", 1: "some solves failed"},
    environment={**SETTINGS, "HF_TOKEN, HF_HOME": "access token of the hub, and the folder of its cache"},
    files={**SETTINGS_FILE, "runs/BENCHMARK/MEMORY/": "one run: what it is, its samples, traces, pages"},
)


def evaluate(
    *,
    benchmarks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[BENCHMARK]…",
            help="Names, or .toml files; --list.",
            autocompletion=completion.benchmark,
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="Memory policies, with commas: optical, text, hybrid, decay, facts, auto, reread, single, "
            "forget, blank; with options, optical,decay:after=2,budget=2000.",
            rich_help_panel=_WHAT,
            autocompletion=completion.memories,
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Limit of generated tokens per solve under every policy, the forced answer included.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            min=1, help="Solves of each problem; the benchmark's by default.", rich_help_panel=_WHAT
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="The first problems only; a later run without it continues in the same folder.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only this problem; repeatable.", rich_help_panel=_WHAT),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Rows as JSON lines, a JSON array, CSV or Parquet, alone or for one benchmark.",
            rich_help_panel=_FILE,
        ),
    ] = None,
    question_field: Annotated[
        str | None,
        typer.Option(
            help="Column of the question; a part of it as in prompt.0.content.", rich_help_panel=_FILE
        ),
    ] = None,
    answer_field: Annotated[
        str | None,
        typer.Option(help="Column of the gold answer; of a list any counts.", rich_help_panel=_FILE),
    ] = None,
    id_field: Annotated[str | None, typer.Option(help="Column of the id.", rich_help_panel=_FILE)] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of the runs; resumed if it exists.", rich_help_panel=_RUN)
    ] = Path("runs"),
    concurrency: Annotated[int, typer.Option(min=1, help="Solves in flight.", rich_help_panel=_RUN)] = 8,
    regrade: Annotated[
        bool,
        typer.Option(
            "--regrade",
            help="Grade the traces in --out again, without a model; names and --memory select runs.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed",
            help="Retry every failed solve; those that a server failed are always retried.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    list_them: Annotated[
        bool, typer.Option("--list", help="Print the benchmarks.", rich_help_panel=_WHAT)
    ] = False,
    flags: options.Flags,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as JSON.", rich_help_panel=options.OUTPUT)
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Solve the problems of benchmarks and grade the answers.

    Every trace is kept in --out; running the same command again resumes where the last one stopped. The
    figures go to standard output, progress to standard error. Without --base-url and --model the embedded
    model answers, which knows the benchmarks arithmetic and lookup only.
    """
    from vtc_r1.cli.eval.output import Output
    from vtc_r1.cli.eval.runs import regrade_runs, run_all
    from vtc_r1.eval.load import load_all
    from vtc_r1.eval.setup import RunRequest, Selection
    from vtc_r1.settings import Settings

    names, output = benchmarks or [], Output(as_json=as_json, quiet=quiet)
    if list_them:
        output.benchmarks()
        return
    if regrade:
        refused = {"--file": file, "--retry-failed": retry_failed, "--limit": limit, "--only": only}
        refused |= {"--samples": samples, "--budget": budget}
        _refuse("--regrade grades all that is stored", refused)
        raise typer.Exit(regrade_runs(out, names, memory, output))
    settings = Settings.load(memory=memory, **flags)
    loaded = load_all(names, file=file, question=question_field, answer=answer_field, identity=id_field)
    wanted = RunRequest(settings, out, Selection(limit, tuple(only or ())), samples, budget)
    raise typer.Exit(run_all(wanted, loaded, output, concurrency=concurrency, retry_failed=retry_failed))


def _refuse(why: str, flags: Mapping[str, object]) -> None:
    for name, value in flags.items():
        if value:
            raise UsageError(f"{why}: drop {name}")
