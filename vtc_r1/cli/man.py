"""`vtc-r1 man`: help as manual pages, in the language of `man`."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from vtc_r1.cli.manual import manual
from vtc_r1.errors import UnknownName

_TITLE = re.compile(r"\[bold\](.+)\[/bold\]")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("man", epilog=MANUAL)(man)


MANUAL = manual(
    {
        "vtc-r1 man solve | man -l -": "read one",
        "vtc-r1 man > ~/.local/share/man/man1/vtc-r1.1": "keep the one of the program",
    },
    exits={},
)


def man(
    context: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(help="Words of the command; the whole program by default.")
    ] = None,
) -> None:
    """Print the manual page of a command, or of the program, made from its help."""
    described: Any = context.find_root().command
    for word in command or []:
        commands = getattr(described, "commands", {})
        if word not in commands:
            raise UnknownName("command", word, commands)
        described = commands[word]
    print(manual_page(described, ["vtc-r1", *(command or [])]))


def manual_page(command: Any, words: list[str]) -> str:
    """Write the manual page of a command of the application, in roff."""
    context = command.context_class(command, info_name=" ".join(words))
    name, pieces = "-".join(words), command.collect_usage_pieces(context)
    lines = [
        f'.TH "{_text(name.upper())}" 1 "" "vtc-r1" "vtc-r1"',
        *(".SH NAME", f"{_text(name)} \\- {_text(command.get_short_help_str(200).rstrip('.'))}"),
        *(".SH SYNOPSIS", f".B {_text(' '.join(words))}", _text(" ".join(pieces))),
        *(".SH DESCRIPTION", *_paragraphs(command.help or "")),
    ]
    inner = getattr(command, "commands", {})
    if inner:
        lines.append(".SH COMMANDS")
    for other, one in inner.items():
        lines += [".TP", f".B {_text(other)}", _text(one.get_short_help_str(200))]
    return "\n".join([*lines, *_parameters(command, context), *_sections(command.epilog or "")])


def _parameters(command: Any, context: Any) -> Iterator[str]:
    """Write arguments and flags by their panels."""
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(context):
        if record := parameter.get_help_record(context):
            panel = getattr(parameter, "rich_help_panel", None)
            panels.setdefault(panel or "Options", []).append(record)
    if panels:
        yield ".SH OPTIONS"
    for panel, records in panels.items():
        if panel != "Options":
            yield f".SS {_text(panel)}"
        for flags, says in records:
            yield from (".TP", f".B {_text(flags)}", _text(says))


def _sections(epilog: str) -> Iterator[str]:
    """Write what `manual` has written, as sections whose lines stand as they are."""
    for line in epilog.replace(r"\[", "[").split("\n"):
        if title := _TITLE.fullmatch(line):
            yield from (".fi", f".SH {_text(title[1].upper())}", ".nf")
        elif line:
            yield _text(line.removeprefix("  "))
    yield ".fi"


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield from (".PP", _text(" ".join(paragraph.split())))


def _text(text: str) -> str:
    """Return text as roff takes it; a line never starts with a command of its own."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
