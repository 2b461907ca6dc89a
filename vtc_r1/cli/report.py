"""`vtc-r1 report`: runs as a page that opens from disk."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from vtc_r1.cli.manual import manual
from vtc_r1.errors import UnknownName, UsageError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("report", epilog=MANUAL)(report)


MANUAL = manual(
    {
        "vtc-r1 report runs --out report": "every run in the folder",
        "vtc-r1 report runs --out report --no-figures": "without matplotlib",
        "vtc-r1 report --diff runs/arithmetic/optical runs/arithmetic/text": "where two runs differ",
        "vtc-r1 report runs --export inspect --export tables": "for other programs too",
    },
    exits={0: "written", 1: "a damaged run", 2: "bad usage, no run, or --out holds something else"},
    files={"OUT/index.html": "the page; report.md, report.csv, figures/ and traces lie beside it"},
)


def report(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR]…", help="Folders that vtc-r1 eval --out wrote.", show_default=False),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of the report: new, empty, or an older report, which is replaced.")
    ] = Path("report"),
    diff: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="A B",
            help="Two runs: the report opens with the problems on which they differ, both ways, with both "
            "traces side by side.",
        ),
    ] = None,
    export: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FORM",
            help="Write the runs in this form too, into a folder of its name: inspect, a log of inspect_ai; "
            "lm-eval, results and samples of lm-evaluation-harness; tables, for wandb and trackio. "
            "Repeatable.",
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the report.")] = None,
    figures: Annotated[
        bool, typer.Option(help="Draw the figures as PNG files too; needs matplotlib.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write index.html, report.md, report.csv and figures of runs.

    The page needs no network and no server: it holds the tables, the figures and the failed samples, and
    loads the traces that do not fit into it from the folder beside it.
    """
    from vtc_r1.cli.printable import printable
    from vtc_r1.cli.terminal.notices import slow_notice
    from vtc_r1.counted import count
    from vtc_r1.eval.report import write_report
    from vtc_r1.eval.report.exports import FORMS

    if not folders and diff is None:
        raise UsageError("no run: give folders that vtc-r1 eval --out wrote, or two runs by --diff")
    for form in export or []:
        if form not in FORMS:
            raise UnknownName("form", form, FORMS)
    forms = [form for form in FORMS if form in (export or [])]
    with slow_notice(f"writing {out}"):
        written = write_report(folders or [], out, title=title, figures=figures, diff=diff, exports=forms)
    for note in written.notes:
        print(printable(f"vtc-r1: {note}"), file=sys.stderr)
    if as_json:
        print(json.dumps(written.as_json(), indent=2))
        return
    print(written.folder / "index.html")
    for one in written.differences:
        better, worse = len(one["better"]), len(one["worse"])
        result = f"{one['first']} better on {better:,}, {one['second']} on {worse:,}"
        same = one["common"] - better - worse
        print(printable(f"{one['benchmark']}: {result}, alike on {same:,} problems"), file=sys.stderr)
    inside = (
        f"{written.in_page:,} traces and their pages in the page itself, {written.page_bytes / 1e6:.1f} MB"
    )
    print(
        f"{count(written.runs, 'run')}, {count(written.samples, 'sample')}; {inside}",
        file=sys.stderr,
    )
