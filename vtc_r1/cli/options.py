"""Flags: a command's own are declared as the fields of a record, those of a solve made from the settings."""

import inspect
from collections.abc import Callable, Collection, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cached_property
from typing import Annotated, Any, TypeVar, dataclass_transform

import typer
from typer.core import TyperCommand

from vtc_r1.cli import completion
from vtc_r1.cli.terminal.graphics import Pictures

OUTPUT = "Input and output"
A_WEEK = 604_800  #: maximum seconds that a flag takes: more is a slip, and overflows clocks
A_MILLION = 1_000_000  #: maximum pages or settings that a flag takes: more is a slip, and would never end

Flags = dict[str, Any]  #: what the flags of the settings were given, by setting; None for those that were not
Command = Callable[..., None]
Add = Callable[[typer.Typer], object]  #: adds a command to an application
REACHING = ("base_url", "model", "preset", "stream")  #: settings that say how a model is reached
T = TypeVar("T")
_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def flag(help: str, panel: str | None = None, *names: str, default: Any = None, **options: Any) -> Any:
    """Declare the flag that sets a field of a command's record.

    Args:
        help: what it does.
        panel: of the help that lists it.
        names: of the flag, where they are not the field's.
        default: what holds unless it is given; `...` where it must be.
        options: of `typer.Option`, such as `min`.
    """
    return _declared(typer.Option(*names, help=help, rich_help_panel=panel, **options), default)


def argument(help: str, *, default: Any = None, **options: Any) -> Any:
    """Declare the argument that sets a field of a command's record, as `flag` does a flag."""
    return _declared(typer.Argument(help=help, **options), default)


def quiet() -> Any:
    """Declare the flag that leaves only the result."""
    return flag("Print nothing but the result.", OUTPUT, "--quiet", "-q", default=False)


def pictures() -> Any:
    """Declare the flag that says how pages are shown."""
    return flag("How pages are shown in the terminal.", OUTPUT, envvar="VTC_PICTURES", default=Pictures.AUTO)


def _declared(declaration: Any, default: Any) -> Any:
    return field(metadata={"typer": declaration}, **({} if default is ... else {"default": default}))


@dataclass_transform(kw_only_default=True, field_specifiers=(flag, argument))
def record(cls: type[T]) -> type[T]:
    """Make a frozen record of a class that declares a command's flags.

    A field `flags: Flags` stands for those of the settings.
    """
    return dataclass(frozen=True, kw_only=True)(cls)


def spelt(command: Command, flags: Flags | None = None) -> Command:
    """Return a command with a flag for every field of the record that it takes, as typer reads them.

    Args:
        command: takes a record and nothing else.
        flags: types of the flags that stand in place of the record's field `flags`.
    """
    (kind,) = (each.annotation for each in inspect.signature(command).parameters.values())
    listed = [each for one in fields(kind) for each in _parameters(one, flags or {})]

    def called(**given: Any) -> None:
        if flags:
            given["flags"] = {name: given.pop(name) for name in flags}
        command(kind(**given))

    called.__doc__ = command.__doc__
    called.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]  # typer reads it
    called.__annotations__ = {each.name: each.annotation for each in listed}
    return called


def _parameters(one: Field[Any], flags: Flags) -> Iterator[inspect.Parameter]:
    """Yield what stands for a record's field in the signature of a command."""
    if one.name == "flags":
        for name, annotation in flags.items():
            yield inspect.Parameter(name, _KEYWORD, default=None, annotation=annotation)
        return
    declared = one.metadata["typer"]
    default = inspect.Parameter.empty if one.default is MISSING else one.default
    if default is False and declared.default is ...:  # without a name, typer adds a flag that says no
        declared.param_decls = (f"--{one.name.replace('_', '-')}",)
    yield inspect.Parameter(one.name, _KEYWORD, default=default, annotation=Annotated[one.type, declared])


def added(name: str, command: Command, epilog: str) -> Add:
    """Return what adds a command to an application, with `epilog` below its help."""
    return lambda app: app.command(name, epilog=epilog)(spelt(command))


def added_solving(
    name: str, command: Command, epilog: str, *, only: Collection[str] = (), without: Collection[str] = ()
) -> Add:
    """Return what adds a command that has a flag for every setting, in place of its record's field `flags`.

    The flags are made when the command is first looked at, since the settings import pydantic, and the list
    of commands should not wait for it.

    Args:
        name: of the command.
        command: takes a record; a flag that the record declares itself is left to it.
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

    help = inspect.getdoc(command)
    return lambda app: app.command(name, cls=Solving, epilog=epilog, help=help)(lambda: None)


def _with_flags(command: Command, only: Collection[str], without: Collection[str]) -> Command:
    """Return a command whose signature spells the flags; they are handed on in `flags`."""
    from vtc_r1.settings import FORMER, Settings

    (kind,) = (each.annotation for each in inspect.signature(command).parameters.values())
    own = {each.name for each in fields(kind)}
    names = [name for name in only or Settings.model_fields if name not in own and name not in without]
    flags = {name: _flag(Settings.model_fields[name]) for name in names}
    flags |= {
        name: Annotated[Settings.model_fields[now].annotation, typer.Option(hidden=True)]
        for name, now in FORMER.items()
        if now in names
    }
    return spelt(command, flags)


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
