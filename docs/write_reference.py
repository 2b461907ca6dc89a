"""Write docs/reference/command-line.md from the application itself: python docs/write_reference.py."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from vtc_r1.cli.main import app

TARGET = Path(__file__).parent / "reference" / "command-line.md"
HEAD = """\
<!-- Made from the code by docs/write_reference.py; a test compares. Change the help in the code instead. -->

# Commands

Every command, argument and flag, as `--help` has them. How they are used together stands in
[the command line](../command-line.md).
"""
TITLE = re.compile(r"\[bold\](.+)\[/bold\]\n")
ROW = re.compile(r" {2,}")
LEAST, MOST, BETWEEN = re.compile(r"x>=(\S+)"), re.compile(r"x<=(\S+)"), re.compile(r"(\S+)<=x<=(\S+)")


def leaves(commands: dict[str, Any], before: str = "vtc-r1 ") -> Iterator[tuple[str, Any]]:
    """The commands that do something, by all of their words."""
    for name, command in commands.items():
        if inner := getattr(command, "commands", None):
            yield from leaves(inner, f"{before}{name} ")
        else:
            yield before + name, command


def epilog(command: Any) -> dict[str, list[str]]:
    """The sections below the flags, each a list of its lines."""
    _, *parts = TITLE.split((command.epilog or "").replace(r"\[", "["))
    return {title: body.strip("\n").split("\n") for title, body in zip(parts[::2], parts[1::2], strict=True)}


def cell(text: str) -> str:
    """Text as a cell of a table: flags and names of variables are code, nothing is markup."""
    plain = text.replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*")
    return re.sub(r"(?<![\w`/-])(--[a-z][a-z-]*|VTC_[A-Z_*\\]+)", r"`\1`", plain).replace(r"_\*`", "_*`")


def bound(note: str) -> str:
    """A range of numbers in words."""
    for pattern, words in ((BETWEEN, r"\1 to \2"), (LEAST, r"at least \1"), (MOST, r"at most \1")):
        if pattern.fullmatch(note):
            return pattern.sub(words, note)
    return note


def parameter_row(flags: str, says: str) -> tuple[str, str, str]:
    """One flag: how it is written, what it means, what it is unless given."""
    what, _, notes = says.partition("  [")
    default, rest = "", []
    for note in filter(None, notes.removesuffix("]").split("; ")):
        kind, _, value = note.partition(": ")
        if kind == "default":
            default = f"`{value}`"
        else:
            rest.append(f"`{value}`" if kind == "env var" else bound(note))
    names = flags.replace(" range>", ">").replace("|", r"\|")
    meaning = cell(what) + (f" ({', '.join(rest)})" if rest else "")
    return f"`{names}`", meaning, default


def parameters(command: Any, context: Any) -> Iterator[str]:
    """A table for each panel of the help."""
    panels: dict[str, list[tuple[str, str, str]]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and "--help" not in record[0]:
            kind = "Arguments" if parameter.param_type_name == "argument" else "Flags"
            panel = getattr(parameter, "rich_help_panel", None) or kind
            panels.setdefault(panel, []).append(parameter_row(*record))
    for panel in sorted(panels, key=lambda name: name != "Arguments"):
        rows = panels[panel]
        used = 3 if any(default for *_, default in rows) else 2
        lines = [f"| {' | '.join(row[:used])} |" for row in rows]
        yield "\n".join(
            (f"| {panel.lower()} | {'| default |' if used == 3 else '|'}", "|---" * used + "|", *lines)
        )


def examples(lines: list[str]) -> str:
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return "\n".join(("```bash", *(f"{line.strip()}  # {says.strip()}" for line, says in pairs), "```"))


def table(title: str, lines: list[str]) -> str:
    rows = [ROW.split(line.strip(), maxsplit=1) for line in lines]
    return f"| {title.lower()} | |\n|---|---|\n" + "\n".join(
        f"| `{name}` | {cell(says)} |" for name, says in rows
    )


def section(name: str, command: Any, common: dict[str, list[str]]) -> Iterator[str]:
    context = command.context_class(command, info_name=name)
    yield f"## `{name}`"
    yield f"```\n{name} {' '.join(command.collect_usage_pieces(context))}\n```"
    yield from (cell(" ".join(paragraph.split())) for paragraph in command.help.split("\n\n"))
    yield from parameters(command, context)
    for title, lines in epilog(command).items():
        if title == "Examples":
            yield examples(lines)
        elif own := [line for line in lines if line.split() not in map(str.split, common.get(title, []))]:
            yield table(title, own)


def reference() -> str:
    """The whole page."""
    program = typer.main.get_command(app)
    common = epilog(program)
    parts = [HEAD.strip(), "Of every command:", *parameters(program, program.context_class(program))]
    parts += [table(title, lines) for title, lines in common.items() if title != "Examples"]
    for name, command in leaves(program.commands):
        parts += section(name, command, {**common, "Exit codes": []})
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
