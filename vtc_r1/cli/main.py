"""`vtc-r1`: the application, and how its errors look.

Exit codes: 0 done, 1 finished without what was asked, 2 bad usage, 130 interrupted.
"""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.errors import BackendError, UsageError, VtcError

INTERRUPTED = 130

NAME = "vtc-r1"

EPILOG = manual(
    {
        'vtc-r1 solve "37 + 85 - 19 * 2 + 46"': "the embedded model, on the CPU",
        "vtc-r1 solve --help": "everything about one command",
        "vtc-r1 --install-completion": "let the shell complete commands, flags and names",
        "vtc-r1 --debug solve 1+2": "on every command: an error's traceback",
    },
    exits={1: "finished without what was asked"},
    environment=SETTINGS,
    files=SETTINGS_FILE,
)

app = typer.Typer(
    name=NAME,
    epilog=EPILOG,
    help="Optical memory for long reasoning: segments become page images, until an answer emerges.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"vtc-r1 {version('vtc-r1')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hold the options that every command has."""


_COMMANDS = (
    "solve",
    "eval",
    "report",
    "view",
    "render",
    "data",
    "train",
    "serve",
    "launch",
    "doctor",
    "plan",
    "probe",
    "tune",
    "man",
)
for _command in _COMMANDS:
    import_module(f"vtc_r1.cli.{_command}").register(app)


def main() -> None:
    """Run the command line."""
    debug = "--debug" in sys.argv[1:]
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        code = guarded(lambda: app(arguments, prog_name=NAME), debug=debug)
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(bool(done.code))
    if code == INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # a thread that loads a model would hold up an ordinary exit
    sys.exit(code)


def guarded(run: Callable[[], object], *, debug: bool) -> int:
    """Run a command; print what we raise on purpose as one line, and return the exit code."""
    try:
        run()
    except VtcError as error:
        if debug:
            raise
        from vtc_r1.cli.show import printable

        line = " ".join(str(error).split())
        print(f"vtc-r1: {printable(line)}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) and not isinstance(error, BackendError) else 1
    except KeyboardInterrupt:
        print("vtc-r1: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0
