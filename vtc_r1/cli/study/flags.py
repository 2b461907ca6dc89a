"""The commands of the steps, read from the command line itself, so that a study has their keys."""

from collections.abc import Sequence
from typing import Any

import typer

from vtc_r1.cli.usage import Misunderstood, misunderstood
from vtc_r1.errors import UsageError
from vtc_r1.study.commands import RANDOM, Command, Flag
from vtc_r1.study.kinds import KINDS


def commands(app: typer.Typer) -> dict[str, Command]:
    """Return the command of every kind of step that has one."""
    program: Any = typer.main.get_command(app)
    found = {"weights": RANDOM}
    for kind, one in KINDS.items():
        if kind in found:
            continue
        leaf = program
        for word in one.command:
            leaf = getattr(leaf, "commands", {}).get(word)
        if leaf is not None:
            found[kind] = _command(one.command, leaf)
    return found


def _command(words: tuple[str, ...], leaf: Any) -> Command:
    flags = {flag.key: flag for parameter in leaf.params if (flag := _flag(parameter)) is not None}

    def check(line: Sequence[str]) -> None:
        try:
            with leaf.make_context(" ".join(("vtc-r1", *words)), list(line[len(words) :])):
                pass
        except Misunderstood as error:
            raise UsageError(misunderstood(error)) from error

    return Command(words, flags, check)


def _flag(parameter: Any) -> Flag | None:
    """Return a parameter as a study needs it, None for help."""
    if parameter.name == "help" or getattr(parameter, "hidden", False):
        return None
    default = parameter.default if not callable(parameter.default) else None
    if parameter.param_type_name == "argument":
        return Flag(parameter.name, "", default=default)
    word = next(name for name in parameter.opts if name.startswith("--"))
    off = next((name for name in parameter.secondary_opts if name.startswith("--")), "")
    form = "switch" if parameter.is_flag else "list" if parameter.multiple else "value"
    return Flag(word[2:].replace("-", "_"), word, form, off, default)  # type: ignore[arg-type]
