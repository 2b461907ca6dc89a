"""`vtc-r1 view`: a stored trace again, or the solves of a batch or a run."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from vtc_r1.cli import options
from vtc_r1.cli.manual import manual
from vtc_r1.cli.terminal.graphics import Pictures
from vtc_r1.errors import Cause, UsageError

if TYPE_CHECKING:
    from vtc_r1.cli.batch.view import SolveFilter
    from vtc_r1.eval.report.single import Viewed


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("view", epilog=MANUAL)(view)


MANUAL = manual(
    {
        "vtc-r1 view runs/first": "what solve --save stored",
        "vtc-r1 view runs/first --html first.html": "the same as one page for a browser",
        "vtc-r1 view runs/arithmetic/optical": "the samples of a run, failures first",
        "vtc-r1 view traces.jsonl --status answered": "what a batch answered",
        "vtc-r1 view traces.jsonl --index 1": "the solve of its second question",
    },
    exits={1: "it is damaged", 2: "bad usage, or nothing there that can be shown"},
    environment={"VTC_PICTURES": "as --pictures"},
    files={"DIR/trace.json, DIR/pages/HASH.png": "a stored trace; its pages are checked by their hashes"},
)


def view(
    stored: Annotated[
        Path,
        typer.Argument(
            metavar="TRACE|DIR",
            help="Folder that --save wrote, its trace.json, the --out of a --batch, or a run's folder.",
        ),
    ],
    problem: Annotated[str | None, typer.Option(metavar="ID", help="In a run: this problem only.")] = None,
    sample: Annotated[
        int | None, typer.Option(min=0, help="In a run: this sample of the problem, from 0.")
    ] = None,
    index: Annotated[
        int | None, typer.Option(min=0, help="In a batch: the solve of this question, from 0.")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="In a batch: the solves that ended so (answered, exhausted, stalled, failed), or failed for "
            f"this cause ({', '.join(get_args(Cause))}).",
        ),
    ] = None,
    answer: Annotated[str | None, typer.Option(help="In a batch: the solves with this answer.")] = None,
    text: Annotated[
        str | None,
        typer.Option(help="In a batch: the solves with this text in question, segments, answer or error."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the trace and its pages as one page.")
    ] = None,
    pictures: options.PicturesOption = Pictures.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="Print the trace, or the list, as JSON.")] = False,
) -> None:
    """Print a stored trace, its pages checked against their hashes.

    Of a run, list the samples, failures first, or print the one that --problem and --sample name; of what
    solve --batch wrote, list the solves likewise, all or some, or print the one that --index names.
    """
    from vtc_r1.cli.batch.view import SolveFilter, is_batch, refuse_filters
    from vtc_r1.cli.eval.samples import chosen_sample, run_folder

    wanted = SolveFilter(index, status, answer, text)
    if stored.is_file() and is_batch(stored):
        if problem is not None or sample is not None:
            raise UsageError(f"{stored}: is a batch; name one of its solves by --index")
        viewed = _of_batch(stored, wanted, as_json=as_json, html=html)
        _put_out(viewed, html, pictures, as_json=as_json)
        return
    refuse_filters(stored, wanted)
    folder = run_folder(stored)
    if folder is None and (problem is not None or sample is not None):
        raise UsageError(f"{stored}: is not a run, so it has no --problem and --sample; leave them out")
    viewed = _stored(stored) if folder is None else chosen_sample(folder, problem, sample, as_json=as_json)
    if viewed is None and html is not None:
        raise UsageError(f"{stored}: --html needs one sample; name it by --problem and --sample")
    _put_out(viewed, html, pictures, as_json=as_json)


def _of_batch(path: Path, wanted: "SolveFilter", *, as_json: bool, html: Path | None) -> "Viewed | None":
    """Return the solve of a batch that is named, without page images; else list what is wanted."""
    from vtc_r1.cli.batch.view import chosen_solve
    from vtc_r1.eval.report.single import Viewed

    if html is not None and wanted.index is None:
        raise UsageError(f"{path}: --html needs one solve; name it by --index")
    trace = chosen_solve(path, wanted, as_json=as_json)
    return None if trace is None else Viewed(trace, lambda sha256: path.parent / "pages" / f"{sha256}.png")


def _put_out(viewed: "Viewed | None", html: Path | None, pictures: Pictures, *, as_json: bool) -> None:
    """Print a solve or write its page; nothing is to be done where a list was printed."""
    if viewed is None:
        return
    if html is not None:
        _write(viewed, html)
    elif as_json:
        print(viewed.trace.model_dump_json(indent=2))
    else:
        _show(viewed, pictures)


def _stored(path: Path) -> "Viewed":
    from vtc_r1.eval.report.single import Viewed
    from vtc_r1.storage import load_trace

    pages = (path if path.is_dir() else path.parent) / "pages"
    return Viewed(load_trace(path), lambda sha256: pages / f"{sha256}.png")


def _show(viewed: "Viewed", pictures: Pictures) -> None:
    from rich.console import Console

    from vtc_r1.cli.printable import printable
    from vtc_r1.cli.show import show_trace
    from vtc_r1.cli.terminal.live import opened_graphics

    console = Console(highlight=False)
    with closing(opened_graphics(console, pictures)) as graphics:
        show_trace(viewed.trace, console, graphics)
    if viewed.trace.answer is not None:
        print(printable(viewed.trace.answer))


def _write(viewed: "Viewed", path: Path) -> None:
    from vtc_r1.disk.access import try_file, writable
    from vtc_r1.disk.atomic import write_atomic
    from vtc_r1.eval.report.single import trace_page

    try_file(path, b"<!doctype html", "an HTML page")
    page, _ = trace_page(viewed)
    with writable(path):
        write_atomic(path, page.encode("utf-8", "replace"))
    print(path)
