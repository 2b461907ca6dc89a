"""`vtc-r1 view`: a stored trace again."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("view", epilog="Example: vtc-r1 view runs/first")(view)


def view(
    trace: Annotated[Path, typer.Argument(help="Folder that --save wrote, or its trace.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the trace as JSON.")] = False,
) -> None:
    """Print a stored trace; its pages are checked against their hashes."""
    from rich.console import Console

    from vtc_r1.cli.show import printable, show_trace
    from vtc_r1.storage import load_trace

    stored = load_trace(trace)
    if as_json:
        print(stored.model_dump_json(indent=2))
        return
    show_trace(stored, Console(highlight=False))
    if stored.answer is not None:
        print(printable(stored.answer))
