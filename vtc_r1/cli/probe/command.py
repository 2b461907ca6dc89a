"""`vtc-r1 probe`: how well does a model read pages, and at what compression?"""

from pathlib import Path
from typing import Annotated

import typer

from vtc_r1.cli import options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.errors import UsageError

_READER, _TEXTS, _RUN = "Who reads", "What is read", "The run"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    options.add_solving(app, "probe", probe, epilog=MANUAL, only=options.REACHING)


MANUAL = manual(
    {
        "vtc-r1 probe --reader tesseract --kinds digits --profile paper,default": "no model needed",
        "vtc-r1 probe --pages 8 --out probes/nano": "the embedded model, on the CPU",
    },
    exits={0: "every page was read", 1: "some failed"},
    environment=SETTINGS,
    files=SETTINGS_FILE,
)


def probe(
    *,
    reader: Annotated[
        str,
        typer.Option(help="model; tesseract, a program; or ppocr, a small network.", rich_help_panel=_READER),
    ] = "model",
    flags: options.Flags,
    prompt: Annotated[
        str | None,
        typer.Option(
            help="How the model is asked: plain, deepseek-ocr, dots-ocr, nano, or a text.",
            rich_help_panel=_READER,
        ),
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Token limit of one answer.", rich_help_panel=_READER)
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(
            help="Kinds of text: digits, characters, hex, words, formulas, prose, solutions.",
            rich_help_panel=_TEXTS,
        ),
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option(help="What is asked: transcribe, needle, state.", rich_help_panel=_TEXTS),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Render profiles, or variants such as paper+font_size=8; with commas.",
            rich_help_panel=_TEXTS,
        ),
    ] = None,
    scales: Annotated[
        str | None,
        typer.Option(
            help="Sizes of the text against the profile's own, such as 1,0.8.", rich_help_panel=_TEXTS
        ),
    ] = None,
    pages: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=options.A_MILLION,
            help="Pages of each profile, scale and kind.",
            rich_help_panel=_TEXTS,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the texts.", rich_help_panel=_TEXTS)] = 0,
    file: Annotated[
        Path | None, typer.Option(help="Texts for the kind solutions.", rich_help_panel=_TEXTS)
    ] = None,
    column: Annotated[
        str, typer.Option("--field", help="Column of the texts.", rich_help_panel=_TEXTS)
    ] = "solution",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the results, resumed if it exists; probes/MODEL by default.", rich_help_panel=_RUN
        ),
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Pages read at once.", rich_help_panel=_RUN)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=options.OUTPUT)
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure how well pages are read, by kind of text, compression and place on the page.

    Pages are filled with texts that cannot be guessed, set larger and smaller; the model transcribes them,
    and answers questions about them. What is read is kept in --out; running the same command again resumes
    where the last one stopped. Without --base-url and --model the embedded model reads, which only
    transcribes.
    """
    from vtc_r1.cli.probe.reader import ReaderFlags
    from vtc_r1.cli.probe.run import ProbeFlags, run_probe
    from vtc_r1.settings import Settings

    if reader not in ("model", "tesseract", "ppocr"):
        raise UsageError(f"--reader {reader!r}: give model, tesseract or ppocr")
    settings = Settings.load(**flags, profile=profile)
    read = ReaderFlags(
        settings, None if reader == "model" else reader, prompt, kinds, file, column, max_tokens=max_tokens
    )
    asked = ProbeFlags(read, tasks, scales, pages, seed, out, concurrency)
    raise typer.Exit(run_probe(asked, as_json=as_json, quiet=quiet))
