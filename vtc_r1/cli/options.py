"""Flags that several commands have: those of a solve, made from the settings, and a few more."""

import inspect
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from vtc_r1.cli import completion
from vtc_r1.cli.terminal.graphics import Pictures

OUTPUT = "Input and output"
A_WEEK = 604_800
"""Maximum seconds that a flag takes: more is a slip, and overflows clocks."""
A_MILLION = 1_000_000
"""Maximum pages or settings that a flag takes: more is a slip, and would never end."""

PicturesOption = Annotated[
    Pictures,
    typer.Option(help="How pages are shown in the terminal.", envvar="VTC_PICTURES", rich_help_panel=OUTPUT),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing but the result.", rich_help_panel=OUTPUT)
]

Flags = dict[str, Any]
"""What the flags of the settings were given, by setting; None for those that were not."""
Command = Callable[..., None]
REACHING = ("base_url", "model", "preset", "stream")
"""Settings that say how a model is reached."""


def add_solving(
    app: typer.Typer,
    name: str,
    command: Command,
    *,
    epilog: str,
    only: Collection[str] = (),
    without: Collection[str] = (),
) -> None:
    """Add a command that has a flag for every setting, in place of its parameter `flags: Flags`.

    The flags are made when the command is first looked at, since the settings import pydantic, and the list
    of commands should not wait for it.

    Args:
        app: receives the command.
        name: of the command.
        command: a flag that it declares itself is left to it.
        epilog: what stands below its help.
        only: the settings that it has; all of them where empty.
        without: the settings that it has not.
    """

    class Solving(TyperCommand):
        @cached_property
        def whole(self) -> Any:
            """The command with all of its flags."""
            alone = typer.Typer(add_completion=False)
            alone.command(name, epilog=epilog)(_with_flags(command, only, without))
            return typer.main.get_command(alone)

        @property
        def params(self) -> list[Any]:
            params: list[Any] = self.whole.params
            return params  # itself: click adds --help to it

        @params.setter
        def params(self, none: list[Any]) -> None:
            """Take none of the stand-in's."""

        def invoke(self, ctx: Any) -> Any:
            return self.whole.invoke(ctx)

    app.command(name, cls=Solving, epilog=epilog, help=inspect.getdoc(command))(lambda: None)


def _with_flags(command: Command, only: Collection[str], without: Collection[str]) -> Command:
    """Return a command whose signature spells the flags; they are handed on in `flags`."""
    from vtc_r1.settings import FORMER, Settings

    own = inspect.signature(command).parameters
    names = [name for name in only or Settings.model_fields if name not in own and name not in without]
    flags = {name: _flag(Settings.model_fields[name]) for name in names}
    flags |= {
        name: Annotated[Settings.model_fields[now].annotation, typer.Option(hidden=True)]
        for name, now in FORMER.items()
        if now in names
    }
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=flag)
        for name, flag in flags.items()
    ]
    listed = [each for one in own.values() for each in (added if one.name == "flags" else [one])]

    def called(**given: Any) -> None:
        command(flags={name: given.pop(name) for name in flags}, **given)

    called.__doc__ = command.__doc__
    called.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]  # typer reads it
    called.__annotations__ = {each.name: each.annotation for each in listed}
    return called


def _flag(field: Any) -> Any:
    """Return the type of a setting's flag, annotated as typer wants it."""
    from vtc_r1.configuration import Setting

    setting = next(each for each in field.metadata if isinstance(each, Setting))
    return Annotated[
        field.annotation | None,
        typer.Option(
            help=field.description,
            rich_help_panel=setting.panel,
            metavar=setting.metavar,
            autocompletion=getattr(completion, setting.completes) if setting.completes else None,
        ),
    ]
