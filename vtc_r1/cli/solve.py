"""`vtc-r1 solve`: one question, or a file of them."""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vtc_r1.cli import options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.cli.signals import Shield
from vtc_r1.cli.streams import read_input
from vtc_r1.cli.terminal.graphics import Pictures
from vtc_r1.errors import StorageError, UsageError, VtcError

if TYPE_CHECKING:
    from rich.console import Console

    from vtc_r1.cli.show import LiveView
    from vtc_r1.events import Event
    from vtc_r1.solver import Solver
    from vtc_r1.trace import Trace

    OpenView = Callable[[], LiveView]
    Store = Callable[[Trace], None]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    options.add_solving(app, "solve", solve, epilog=MANUAL)


MANUAL = manual(
    {
        'vtc-r1 solve "37 + 85 - 19 * 2 + 46"': "the embedded model, on the CPU",
        'echo "1 + 2 * 3" | vtc-r1 solve -': "the question from standard input",
        'vtc-r1 solve "4 * 5 + 6 - 7 * 8" --save runs/first': "keep the trace and its pages",
        'vtc-r1 solve "4 * 5 + 6 - 7 * 8" --json --quiet': "one trace as JSON, nothing else",
        'vtc-r1 solve "k7?" --context pairs.txt': "a value looked up in a document of lines such as k7=428",
        "vtc-r1 solve --batch questions.txt --out traces.jsonl": "many questions; again: it resumes",
    },
    exits={0: "answered; with --batch, all of them", 1: "no answer, or the backend gave up"},
    environment={**SETTINGS, "VTC_PICTURES": "as --pictures"},
    files=SETTINGS_FILE,
)


def solve(
    *,
    question: Annotated[
        str | None, typer.Argument(help="The question; - reads it from standard input.")
    ] = None,
    context: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Document that the question is about; repeatable. With --batch, for every question.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    flags: options.Flags,
    save: Annotated[
        Path | None, typer.Option(help="Folder for the trace and its pages.", rich_help_panel=options.OUTPUT)
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace the trace that --save holds.", rich_help_panel=options.OUTPUT
        ),
    ] = False,
    batch: Annotated[
        Path | None,
        typer.Option(
            help="File of questions: JSON lines with question or problem, or one per line.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="JSON lines of traces for --batch; resumed if it exists.", rich_help_panel=options.OUTPUT
        ),
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Solves in flight with --batch.", rich_help_panel=options.OUTPUT)
    ] = 8,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed",
            help="With --batch, retry every failed solve; those that a server failed are always retried.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the trace as JSON.", rich_help_panel=options.OUTPUT)
    ] = False,
    quiet: options.Quiet = False,
    pictures: options.PicturesOption = Pictures.AUTO,
) -> None:
    """Solve a question through optical memory.

    Without --base-url and --model the embedded model answers, on the CPU, and knows only integer
    expressions (37 + 85 - 19 * 2), gcd(84, 36), equations (7x + 12 - 5 = 56), powers (7^9 mod 11), bases
    (45 in base 2), and values to look up (k7?) in a --context of lines such as k7=428.
    The answer goes to standard output, progress to standard error. Settings come from flags, then
    VTC_* variables, then vtc.toml, then the model's preset.
    """
    from vtc_r1.settings import Settings
    from vtc_r1.solver import Solver
    from vtc_r1.storage import check_free, save_trace

    _one_source(question, batch, out, save)
    if overwrite and save is None:
        raise UsageError("--overwrite belongs to --save: give the folder, or leave it out")
    if retry_failed and batch is None:
        raise UsageError("--retry-failed is for --batch: one question is solved anew each time")
    settings = Settings.load(**flags)
    solver = Solver(**settings.solver_arguments())
    if batch is not None and out is not None:
        from vtc_r1.cli.batch.run import solve_batch
        from vtc_r1.cli.fitness import check_fit

        check = partial(check_fit, settings, quiet=quiet) if settings.base_url else solver.check
        code = solve_batch(
            solver,
            batch,
            out,
            context=context or (),
            concurrency=concurrency,
            quiet=quiet,
            retry_failed=retry_failed,
            check=check,
        )
    else:
        from vtc_r1.cli.terminal.live import opened_view

        view = None if quiet else partial(opened_view, pictures, lambda: solver.waiting)
        asked = _read(question or "")
        store = None
        if save is not None:
            check_free(save, overwrite=overwrite)
            store = partial(save_trace, folder=save, overwrite=overwrite)
        code = _solve_one(solver, asked, context or (), store, as_json=as_json, view=view)
    if code != 130:
        solver.close()
    raise typer.Exit(code)


def _one_source(question: str | None, batch: Path | None, out: Path | None, save: Path | None) -> None:
    """Refuse combinations that make no sense."""
    if (question is None) == (batch is None):
        raise UsageError('give one question, as in vtc-r1 solve "37 + 85 - 19 * 2 + 46", or --batch FILE')
    if (batch is None) != (out is None):
        raise UsageError("--batch FILE and --out FILE.jsonl go together")
    if batch is not None and save is not None:
        raise UsageError("--save is for one question; --batch writes its traces to --out")


def _read(question: str) -> str:
    if question != "-":
        return question
    try:
        return read_input().decode("utf-8")
    except OSError as error:
        raise UsageError(f"standard input cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input is not UTF-8 ({error})") from error


def _solve_one(
    solver: "Solver",
    question: str,
    context: Sequence[Path],
    store: "Store | None",
    *,
    as_json: bool,
    view: "OpenView | None",
) -> int:
    """Solve, store, print; what cannot be stored is still printed."""
    from vtc_r1.cli.printable import printable
    from vtc_r1.cli.show import summary, warn
    from vtc_r1.counted import count

    unstored = None
    with Shield() as shield:
        trace, console = _watch(solver, question, context, view, shield)
        if console is None:
            warn(trace.warnings)
        if store is not None:
            try:
                store(trace)
            except VtcError as error:
                unstored = error
    if console is not None:
        summary(trace, console)
    elif trace.answer is None:
        reason = trace.error or f"no answer after {count(len(trace.iterations), 'iteration')}: {trace.ending}"
        print(f"vtc-r1: {printable(reason)}", file=sys.stderr)
    if as_json:
        print(trace.model_dump_json(indent=2))
    elif trace.answer is not None:
        print(printable(trace.answer))
    if unstored is not None:
        raise StorageError(str(unstored))
    if trace.status == "cancelled":
        return 130
    return 0 if trace.answer is not None else 1


def _watch(
    solver: "Solver",
    question: str,
    context: Sequence[Path],
    open_view: "OpenView | None",
    shield: Shield,
) -> "tuple[Trace, Console | None]":
    """Run one solve, showing it; an interrupt ends it as `cancelled`."""
    from vtc_r1.cli.terminal.loading import loading
    from vtc_r1.cli.terminal.notices import wait_notices

    quiet = open_view is None
    with loading(solver.backend, quiet=quiet), wait_notices(lambda: solver.waiting, quiet=quiet):
        events = solver.stream(question, context)
        solver.check()
    if open_view is None:
        return _gathered(solver, events, lambda _: None, shield), None
    with open_view() as view:
        return _gathered(solver, events, view.show, shield), view.console


def _gathered(
    solver: "Solver", events: "Iterable[Event]", show: "Callable[[Event], None]", shield: Shield
) -> "Trace":
    """Return the trace of a solve; where an interrupt ends it, what there is of it.

    From then on the shield is up: nothing comes between a solve and its being stored.
    """
    from vtc_r1.events import DocumentsShown, Finished, IterationFinished, PagesRendered, Started
    from vtc_r1.trace import DocumentRecord

    trace, iterations, pages = None, [], {}
    began = time.monotonic()
    try:
        for event in events:  # noted before it is shown, in the midst of which an interrupt may come
            match event:
                case Started(skeleton):
                    trace, began = skeleton, time.monotonic()
                case DocumentsShown(shown) if trace is not None:
                    records = [DocumentRecord.of(each.document, each) for each in shown]
                    trace = trace.model_copy(update={"documents": records})
                    pages.update({page.sha256: page for each in shown for page in each.pages})
                case IterationFinished(iteration):
                    iterations.append(iteration)
                case PagesRendered(_, added):
                    pages.update({page.sha256: page for page in added})
                case Finished(finished):
                    shield.up()
                    show(event)
                    return finished
            show(event)
    except KeyboardInterrupt:
        shield.up()
        if trace is None:
            raise
    assert trace is not None
    model = trace.model.model_copy(update={"revision": solver.backend.revision})
    seconds = round(time.monotonic() - began, 4)
    cancelled = trace.model_copy(update={"model": model, "iterations": iterations, "seconds": seconds})
    return cancelled.with_pages(pages)
