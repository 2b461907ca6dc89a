"""`vtc-r1 report`: runs as a page that opens from disk."""

import json
import sys
from pathlib import Path

from vtc_r1.cli import options
from vtc_r1.cli.manual import manual
from vtc_r1.cli.options import argument, flag, record
from vtc_r1.errors import UnknownName, UsageError

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


@record
class ReportFlags:
    """The flags of the command."""

    folders: list[Path] | None = argument(
        "Folders that vtc-r1 eval --out wrote.", metavar="[DIR]…", show_default=False
    )
    out: Path = flag(
        "Folder of the report: new, empty, or an older report, which is replaced.", default=Path("report")
    )
    diff: tuple[Path, Path] | None = flag(
        "Two runs: the report opens with the problems on which they differ, both ways, with both "
        "traces side by side.",
        metavar="A B",
    )
    export: list[str] | None = flag(
        "Write the runs in this form too, into a folder of its name: inspect, a log of inspect_ai; "
        "lm-eval, results and samples of lm-evaluation-harness; tables, for wandb and trackio. "
        "Repeatable.",
        metavar="FORM",
    )
    title: str | None = flag("Title of the report.")
    figures: bool = flag("Draw the figures as PNG files too; needs matplotlib.", default=True)
    as_json: bool = flag("Print what was written as JSON.", None, "--json", default=False)


def report(asked: ReportFlags) -> None:
    """Write index.html, report.md, report.csv and figures of runs.

    The page needs no network and no server: it holds the tables, the figures and the failed samples, and
    loads the traces that do not fit into it from the folder beside it.
    """
    from vtc_r1.cli.printable import printable
    from vtc_r1.cli.terminal.notices import slow_notice
    from vtc_r1.counted import count
    from vtc_r1.eval.report import write_report
    from vtc_r1.eval.report.exports import FORMS

    if not asked.folders and asked.diff is None:
        raise UsageError("no run: give folders that vtc-r1 eval --out wrote, or two runs by --diff")
    for form in asked.export or []:
        if form not in FORMS:
            raise UnknownName("form", form, FORMS)
    forms = [form for form in FORMS if form in (asked.export or [])]
    with slow_notice(f"writing {asked.out}"):
        written = write_report(
            asked.folders or [],
            asked.out,
            title=asked.title,
            figures=asked.figures,
            diff=asked.diff,
            exports=forms,
        )
    for note in written.notes:
        print(printable(f"vtc-r1: {note}"), file=sys.stderr)
    if asked.as_json:
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


register = options.added("report", report, MANUAL)
