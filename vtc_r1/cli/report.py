"""`vtc-r1 report`: runs as a page that opens from disk."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from vtc_r1.cli.manual import manual
from vtc_r1.cli.terminal.telling import telling_that


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("report", epilog=MANUAL)(report)


MANUAL = manual(
    {
        "vtc-r1 report runs --out report": "every run in the folder",
        "vtc-r1 report runs --out report --no-figures": "without matplotlib",
    },
    exits={0: "written", 1: "a damaged run", 2: "bad usage, no run, or --out holds something else"},
    files={"OUT/index.html": "the page; report.md, report.csv, figures/ and traces lie beside it"},
)


def report(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR…", help="Folders that vtc-r1 eval --out wrote.")
    ],
    out: Annotated[
        Path, typer.Option(help="Folder of the report: new, empty, or an older report, which is replaced.")
    ],
    title: Annotated[str | None, typer.Option(help="What the report is called.")] = None,
    figures: Annotated[
        bool, typer.Option(help="Draw the figures as PNG files too; needs matplotlib.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write index.html, report.md, report.csv and figures of runs.

    The page needs no network and no server: it holds the tables, the figures and the failed samples, and
    loads the traces that do not fit into it from the folder beside it.
    """
    from vtc_r1.cli.show import count, printable
    from vtc_r1.eval.report import write_report

    with telling_that(f"writing {out}"):
        written = write_report(folders, out, title=title, figures=figures)
    for note in written.notes:
        print(printable(f"vtc-r1: {note}"), file=sys.stderr)
    if as_json:
        print(json.dumps(written.as_json(), indent=2))
        return
    print(written.folder / "index.html")
    inside = (
        f"{written.in_page:,} traces and their pages in the page itself, {written.page_bytes / 1e6:.1f} MB"
    )
    print(
        f"{count(written.runs, 'run')}, {count(written.samples, 'sample')}; {inside}",
        file=sys.stderr,
    )
