"""`vtc-r1 serve`: the loop behind OpenAI's interface, and a page that shows it."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from vtc_r1.cli import options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.errors import MissingExtra, UsageError

_SERVER, _LIMITS = "Server", "Limits"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    options.add_solving(app, "serve", serve, epilog=MANUAL)


MANUAL = manual(
    {
        "vtc-r1 serve": "the embedded model; open http://127.0.0.1:8000/",
        "vtc-r1 serve --host 0.0.0.0 --api-key-file keys.txt --save traces": "for others, with keys",
    },
    exits={
        0: "stopped by SIGINT or SIGTERM",
        1: "the model server is not there or not fit",
        2: "bad usage, or a taken port",
    },
    environment={**SETTINGS, "VTC_SERVE_API_KEYS": "API keys, separated by commas; clients need one of them"},
    files={**SETTINGS_FILE, "SAVE/": "the trace and the pages of every solve"},
)


def serve(
    *,
    flags: options.Flags,
    host: Annotated[str, typer.Option(help="Address to listen on.", rich_help_panel=_SERVER)] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one.", rich_help_panel=_SERVER)
    ] = 8_000,
    served_model: Annotated[
        str | None,
        typer.Option(help="Name that clients ask for; the model's own by default.", rich_help_panel=_SERVER),
    ] = None,
    answer_as: Annotated[
        str,
        typer.Option(
            metavar="FORM",
            help="Text of a completion, with ANSWER for the answer, such as '\\boxed{ANSWER}' for a "
            "harness that looks for a box.",
            rich_help_panel=_SERVER,
        ),
    ] = "ANSWER",
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            help="File of API keys, one per line; clients need one of them. By default no key is needed.",
            rich_help_panel=_SERVER,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Folder for the traces and pages of all solves.", rich_help_panel=_SERVER),
    ] = None,
    allow_image_urls: Annotated[
        bool,
        typer.Option(
            "--allow-image-urls",
            help="Fetch images that a message names by address, from public hosts.",
            rich_help_panel=_SERVER,
        ),
    ] = False,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Solves that run at once.", rich_help_panel=_LIMITS)
    ] = 8,
    queue: Annotated[
        int,
        typer.Option(
            min=0,
            help="Solves that may wait; further clients are asked to retry later.",
            rich_help_panel=_LIMITS,
        ),
    ] = 64,
    max_body: Annotated[
        float, typer.Option(min=0.001, max=100_000, help="Megabytes of a request.", rich_help_panel=_LIMITS)
    ] = 32.0,
    grace: Annotated[
        float,
        typer.Option(
            min=0,
            max=options.A_WEEK,
            help="Seconds that solves have to end after a signal.",
            rich_help_panel=_LIMITS,
        ),
    ] = 30.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print where it listens as JSON.", rich_help_panel=_SERVER)
    ] = False,
) -> None:
    """Serve the loop as a model of OpenAI's chat completions, and as a page at /.

    Without --base-url and --model the embedded model is served, on the CPU. SIGINT and SIGTERM let what runs
    end within --grace; a second one ends it at once.
    """
    from vtc_r1.settings import Settings
    from vtc_r1.solver import Solver

    _require_extra()
    from vtc_r1.cli.fitness import check_fit
    from vtc_r1.cli.show import warn
    from vtc_r1.cli.terminal.loading import loading
    from vtc_r1.cli.terminal.notices import telling
    from vtc_r1.presets import NOT_KNOWN
    from vtc_r1.serve.keys import Keys, read_keys
    from vtc_r1.serve.limits import Limits
    from vtc_r1.serve.run import run
    from vtc_r1.serve.server import listening
    from vtc_r1.serve.shelf import Shelf

    if "ANSWER" not in answer_as:
        raise UsageError(f"--answer-as {answer_as!r}: has no ANSWER, where the answer would stand")
    settings = Settings.load(**flags)
    solver = Solver(**settings.solver_arguments())
    if not solver.preset.is_known:
        warn([NOT_KNOWN.format(model=solver.backend.model)])
    limits = Limits(
        body_bytes=round(max_body * 1e6),
        concurrency=concurrency,
        queue=queue,
        image_urls=allow_image_urls,
        grace=grace,
    )
    keys = Keys(read_keys(api_key_file, os.environ))
    shelf = Shelf(save)
    with listening(host, port) as listener:
        if settings.base_url:
            check_fit(settings)
        else:
            with loading(solver.backend):
                solver.check()
        warn(solver.skeleton("").warnings)
        name = served_model or solver.backend.model
        with telling(lambda: solver.waiting):
            run(
                solver,
                name,
                limits,
                keys,
                listener,
                shelf,
                form=answer_as,
                ready=lambda url: _say(url, name, as_json),
            )


def _say(url: str, model: str, as_json: bool) -> None:
    from vtc_r1.cli.printable import printable

    if as_json:
        print(json.dumps({"url": f"{url}/", "base_url": f"{url}/v1", "model": model}), flush=True)
        return
    print(f"{url}/\n{printable(model)} · {url}/v1", flush=True)
    print("vtc-r1: ready; Ctrl-C stops it", file=sys.stderr)


def _require_extra() -> None:
    from importlib.util import find_spec

    for module in ("fastapi", "uvicorn", "prometheus_client"):
        if find_spec(module) is None:
            raise MissingExtra(module, "serve", "vtc-r1 serve")
