"""`vtc-r1 eval`: benchmarks, under one memory policy or several, with honest figures."""

from collections.abc import Mapping
from pathlib import Path

import typer

from vtc_r1.cli import completion, options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.cli.options import OUTPUT, Flags, argument, flag, record
from vtc_r1.errors import UsageError

_WHAT, _FILE, _RUN = "What is evaluated", "Rows of your own", "The run"


MANUAL = manual(
    {
        "vtc-r1 eval arithmetic --limit 50 --memory optical,text,blank": "three memory policies in pairs",
        "vtc-r1 eval arithmetic --limit 50 --memory text,tail,decay --equal-tokens": "with optical's tokens",
        "vtc-r1 eval lookup --limit 40 --memory optical,text,blank": "a value beside a name in a document",
        "vtc-r1 eval --list": "the benchmarks",
        "vtc-r1 eval --regrade --out runs": "grade stored traces again, without a model",
    },
    exits={0: "every problem was solved, whatever the accuracy", 1: "some solves failed"},
    environment={**SETTINGS, "HF_TOKEN, HF_HOME": "access token of the hub, and the folder of its cache"},
    files={**SETTINGS_FILE, "runs/BENCHMARK/MEMORY/": "one run: what it is, its samples, traces, pages"},
)


@record
class EvalFlags:
    """The flags of the command."""

    benchmarks: list[str] | None = argument(
        "Names, or .toml files; --list.", metavar="[BENCHMARK]…", autocompletion=completion.benchmark
    )
    memory: str | None = flag(
        "Memory policies, with commas: optical, text, hybrid, decay, facts, auto, reread, summary, tail, "
        "delethink, single, forget, blank; with options, optical,decay:after=2,budget=2000.",
        _WHAT,
        autocompletion=completion.memories,
    )
    budget: int | None = flag(
        "Limit of generated tokens per solve under every policy, the forced answer included.", _WHAT, min=1
    )
    equal_tokens: bool = flag(
        "Every policy's memory gets the tokens that optical memory spent on the same problem, in each "
        "iteration.",
        _WHAT,
        default=False,
    )
    samples: int | None = flag("Solves of each problem; the benchmark's by default.", _WHAT, min=1)
    limit: int | None = flag(
        "The first problems only; a later run without it continues in the same folder.", _WHAT, min=1
    )
    only: list[str] | None = flag("Only this problem; repeatable.", _WHAT, metavar="ID")
    file: Path | None = flag(
        "Rows as JSON lines, a JSON array, CSV or Parquet, alone or for one benchmark.", _FILE
    )
    question_field: str | None = flag("Column of the question; a part of it as in prompt.0.content.", _FILE)
    answer_field: str | None = flag("Column of the gold answer; of a list any counts.", _FILE)
    id_field: str | None = flag("Column of the id.", _FILE)
    out: Path = flag("Folder of the runs; resumed if it exists.", _RUN, default=Path("runs"))
    concurrency: int = flag("Solves in flight.", _RUN, min=1, default=8)
    regrade: bool = flag(
        "Grade the traces in --out again, without a model; names and --memory select runs.",
        _RUN,
        default=False,
    )
    counterfactual: bool = flag(
        "Then change one page of every trace and let it go on: does the answer follow the page?",
        _RUN,
        default=False,
    )
    retry_failed: bool = flag(
        "Retry every failed solve; those that a server failed are always retried.", _RUN, default=False
    )
    list_them: bool = flag("Print the benchmarks.", _WHAT, "--list", default=False)
    flags: Flags
    as_json: bool = flag("Print the figures as JSON.", OUTPUT, "--json", default=False)
    quiet: bool = options.quiet()


def evaluate(asked: EvalFlags) -> None:
    """Solve the problems of benchmarks and grade the answers.

    Every trace is kept in --out; running the same command again resumes where the last one stopped. The
    figures go to standard output, progress to standard error. Without --base-url and --model the embedded
    model answers, which knows the benchmarks arithmetic and lookup only.
    """
    from vtc_r1.cli.eval.output import EvalOutput
    from vtc_r1.cli.eval.runs import regrade_runs, run_all
    from vtc_r1.eval.load import load_all
    from vtc_r1.eval.setup import RunRequest, Selection
    from vtc_r1.settings import Settings

    names, output = asked.benchmarks or [], EvalOutput(as_json=asked.as_json, quiet=asked.quiet)
    if asked.list_them:
        output.benchmarks()
        return
    if asked.regrade:
        refused = {
            "--file": asked.file,
            "--retry-failed": asked.retry_failed,
            "--counterfactual": asked.counterfactual,
            "--limit": asked.limit,
            "--only": asked.only,
        }
        refused |= {"--samples": asked.samples, "--budget": asked.budget}
        refused |= {"--equal-tokens": asked.equal_tokens}
        _refuse("--regrade grades all that is stored", refused)
        raise typer.Exit(regrade_runs(asked.out, names, asked.memory, output))
    settings = Settings.load(memory=asked.memory, **asked.flags)
    loaded = load_all(
        names,
        file=asked.file,
        question=asked.question_field,
        answer=asked.answer_field,
        identity=asked.id_field,
    )
    selection = Selection(asked.limit, tuple(asked.only or ()))
    wanted = RunRequest(settings, asked.out, selection, asked.samples, asked.budget, asked.equal_tokens)
    raise typer.Exit(
        run_all(
            wanted,
            loaded,
            output,
            concurrency=asked.concurrency,
            retry_failed=asked.retry_failed,
            counterfactual=asked.counterfactual,
        )
    )


register = options.added_solving("eval", evaluate, MANUAL)


def _refuse(why: str, flags: Mapping[str, object]) -> None:
    for name, value in flags.items():
        if value:
            raise UsageError(f"{why}: drop {name}")
