"""`vtc-r1 tune`: render settings found by search."""

from pathlib import Path
from typing import Annotated

import typer

from vtc_r1.cli import options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual

_SEARCH, _READER, _TEXTS, _RUN = "The search", "Who reads", "What is read", "The run"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    options.add_solving(app, "tune", tune, epilog=MANUAL, only=options.REACHING)


MANUAL = manual(
    {
        "vtc-r1 tune --vary font_size=7..11 --kinds digits --out tuned": "no model needed, with tesseract",
        "vtc-r1 tune --base-url http://127.0.0.1:30000/v1 --model Qwen/Qwen3-VL-8B-Instruct": "a server",
    },
    exits={
        0: "the best setting meets the target",
        1: "no setting meets the target, or too few were proposed",
    },
    environment=SETTINGS,
    files=SETTINGS_FILE,
)


def tune(
    *,
    strategy: Annotated[
        str, typer.Option(help="evolution, random or llm.", rich_help_panel=_SEARCH)
    ] = "evolution",
    evaluations: Annotated[
        int,
        typer.Option(min=1, max=options.A_MILLION, help="Settings that are tried.", rich_help_panel=_SEARCH),
    ] = 40,
    per_round: Annotated[
        int,
        typer.Option(
            "--round",
            min=1,
            max=options.A_MILLION,
            help="Settings proposed at once.",
            rich_help_panel=_SEARCH,
        ),
    ] = 5,
    target: Annotated[
        float,
        typer.Option(min=0, max=1, help="Highest error wanted, as a share.", rich_help_panel=_SEARCH),
    ] = 0.02,
    profile: Annotated[
        str | None,
        typer.Option(help="Render profile that varies, or a .toml file.", rich_help_panel=_SEARCH),
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option(help="TOML file that says what varies between which values.", rich_help_panel=_SEARCH),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUES",
            help="Setting to vary, such as font_size=7..11:0.5, dark=false or font=DejaVuSans,my.ttf.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    proposer_url: Annotated[
        str | None,
        typer.Option(help="/v1 address of the LLM that proposes settings.", rich_help_panel=_SEARCH),
    ] = None,
    proposer_model: Annotated[
        str | None, typer.Option(help="Name of that LLM.", rich_help_panel=_SEARCH)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the search and the texts.", rich_help_panel=_SEARCH)] = 0,
    objective: Annotated[
        str,
        typer.Option(
            help="legibility: pages are read; accuracy: problems are solved.", rich_help_panel=_TEXTS
        ),
    ] = "legibility",
    reader: Annotated[
        str | None,
        typer.Option(
            help="model or tesseract; tesseract if installed and no model is named.", rich_help_panel=_READER
        ),
    ] = None,
    flags: options.Flags,
    prompt: Annotated[
        str | None, typer.Option(help="How the model is asked, as for probe.", rich_help_panel=_READER)
    ] = None,
    kinds: Annotated[
        str | None, typer.Option(help="Kinds of text, with commas, as for probe.", rich_help_panel=_TEXTS)
    ] = None,
    pages: Annotated[
        int,
        typer.Option(
            min=1,
            max=options.A_MILLION,
            help="Pages of each kind; one at first, the rest of the better half.",
            rich_help_panel=_TEXTS,
        ),
    ] = 2,
    benchmark: Annotated[
        str | None,
        typer.Option(
            help="Benchmark of the objective accuracy; arithmetic by default.", rich_help_panel=_TEXTS
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            min=1,
            help="Its problems; a quarter at first, the rest by the better half.",
            rich_help_panel=_TEXTS,
        ),
    ] = 40,
    file: Annotated[
        Path | None,
        typer.Option(help="Texts for the kind solutions, or rows of the benchmark.", rich_help_panel=_TEXTS),
    ] = None,
    column: Annotated[
        str, typer.Option("--field", help="Column of the texts.", rich_help_panel=_TEXTS)
    ] = "solution",
    out: Annotated[
        Path, typer.Option(help="Folder of the results, resumed if it exists.", rich_help_panel=_RUN)
    ] = Path("tuned"),
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Pages or problems at once.", rich_help_panel=_RUN)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=options.OUTPUT)
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Search render settings: the fewest vision tokens at which pages are still read.

    Settings are proposed in rounds, pages of controlled texts are drawn by each and read, and the Pareto
    front of error and cost is kept. --out has the best profile as profile.toml, the front in front/,
    and everything that was measured; running the same command again resumes where the last one stopped.
    """
    from vtc_r1.cli.tune.run import TuneFlags, run_tune
    from vtc_r1.settings import Settings

    settings = Settings.load(**flags, profile=profile)
    asked = TuneFlags(
        settings=settings,
        strategy=strategy,
        evaluations=evaluations,
        per_round=per_round,
        target=target,
        space=space,
        vary=tuple(vary or ()),
        proposer=(proposer_url, proposer_model),
        seed=seed,
        objective=objective,
        reader=reader,
        prompt=prompt,
        kinds=kinds,
        pages=pages,
        benchmark=benchmark,
        limit=limit,
        file=file,
        column=column,
        out=out,
        concurrency=concurrency,
    )
    raise typer.Exit(run_tune(asked, as_json=as_json, quiet=quiet))
