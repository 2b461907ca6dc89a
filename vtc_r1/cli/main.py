"""`vtc-r1`: the application, and how its errors look.

Exit codes: 0 done, 1 finished without what was asked, 2 bad usage, 130 interrupted.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Annotated

import typer

from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.cli.signals import end_as_interrupts
from vtc_r1.cli.streams import PipeClosed, prepare
from vtc_r1.cli.usage import Misunderstood, misunderstood, refuse_empty, tell_plugins
from vtc_r1.errors import StorageError, VtcError, first_line
from vtc_r1.plugins import to_blame

INTERRUPTED = 130
_LONGEST = 1_000  #: maximum characters of a line that says what went wrong

NAME, COMPLETION = "vtc-r1", "_VTC_R1_COMPLETE"

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
        from vtc_r1.cli.version import version_line

        print(version_line())
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version, and the commit in a git checkout.",
        ),
    ] = False,
) -> None:
    """Hold the options that every command has."""


_COMMANDS = (
    "solve",
    "eval.command",
    "report",
    "view",
    "render",
    "data.command",
    "train",
    "serve",
    "launch",
    "doctor",
    "plan",
    "probe.command",
    "tune.command",
    "study.command",
    "list",
    "man",
)
for _command in _COMMANDS:
    import_module(f"vtc_r1.cli.{_command}").register(app)


def main() -> None:
    """Run the command line."""
    prepare()
    end_as_interrupts()
    words = sys.argv[1:]
    ours = words[: words.index("--")] if "--" in words else words  # what follows -- is another program's
    debug = "--debug" in ours
    arguments = [word for word in ours if word != "--debug"] + words[len(ours) :]
    code = guarded(lambda: _run(arguments, ours), debug=debug)
    if code == INTERRUPTED:
        os._exit(code)  # a thread that loads a model would hold up an ordinary exit
    sys.exit(code)


def _run(arguments: list[str], ours: list[str]) -> int:
    """Run a command and write out what it printed; return its exit code. `ours` are the words before --."""
    command = typer.main.get_command(app)
    if COMPLETION in os.environ:
        command.main(arguments, prog_name=NAME)
    refuse_empty(ours, command)
    if {"-h", "--help"} & {*ours}:
        tell_plugins(command, ours)
    try:
        with command.make_context(NAME, arguments) as context:
            command.invoke(context)
            code = 0
    except typer.Exit as done:
        code = done.exit_code
    sys.stdout.flush()
    return code


def guarded(run: Callable[[], int], *, debug: bool) -> int:
    """Run a command and return its exit code; an error is printed as one line."""
    try:
        return run()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(bool(done.code))
    except PipeClosed:
        return 1
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except Misunderstood as error:
        return _say(misunderstood(error), 2)
    except Exception as error:
        if debug:
            raise
        return _say(*explained(error))


def explained(error: Exception) -> tuple[str, int]:
    """Say in a line what went wrong, with the exit code that belongs to it."""
    match error:
        case VtcError():
            return str(error), error.exit_code
        case typer.Abort():
            return "aborted", 1
        case MemoryError():
            return "there is not enough memory for this", 1
        case OSError(strerror=str(reason)):
            return f"{error.filename}: {reason}" if error.filename else reason, 1
        case _:
            what = f"{type(error).__name__}: {first_line(error)}"
            whose = to_blame(error) or NAME
            return f"{what}; this is a fault of {whose}: please report it with what --debug says", 1


def _say(line: str, code: int) -> int:
    """Print what went wrong on standard error, if it is anything, and return the exit code."""
    from vtc_r1.cli.printable import printable

    with suppress(PipeClosed, StorageError):
        sys.stdout.flush()  # what was printed before stands before it
    with suppress(PipeClosed):
        if said := " ".join(line.split()):
            print(f"{NAME}: {printable(shortened(said))}", file=sys.stderr, flush=True)
    return code


def shortened(line: str) -> str:
    """Return a line whose middle is left out where it is very long, as what it names may be."""
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 2 :]}"
