"""`vtc-r1 list`: the names that flags take, and what each of them is."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from vtc_r1.cli import completion
from vtc_r1.cli.manual import manual
from vtc_r1.cli.named import KINDS, named
from vtc_r1.cli.tables import listed, room

MANUAL = manual(
    {
        "vtc-r1 list": "all names",
        "vtc-r1 list profiles": "the shipped render profiles, and what each is for",
        "vtc-r1 list benchmarks --json | jq -r '.benchmarks[].name'": "for programs",
    },
    exits={},
)
_WHOLE = 1_000_000
"""Columns where the output is not a terminal: one line each, however long."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("list", epilog=MANUAL)(list_)


def list_(
    kind: Annotated[
        str | None,
        typer.Argument(
            help=f"{', '.join(KINDS)}; all of them by default.",
            metavar="KIND",
            autocompletion=completion.kind,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object: by kind, objects with name and description."),
    ] = False,
) -> None:
    """List the names that flags take, one per line: profiles, presets, policies, recipes and more.

    Files of your own, which most of these flags take as well, are not listed.
    """
    found = named(kind)
    print(_as_json(found) if as_json else _as_text(found, room() if sys.stdout.isatty() else _WHOLE))


def _as_json(found: Mapping[str, Mapping[str, str]]) -> str:
    entries = {
        kind: [{"name": name, "description": says} for name, says in names.items()]
        for kind, names in found.items()
    }
    return json.dumps(entries, indent=2, ensure_ascii=False)


def _as_text(found: Mapping[str, Mapping[str, str]], width: int) -> str:
    """Write a paragraph a kind; its heading says what it is where there are several."""
    parts = []
    for kind, names in found.items():
        heading = f"{kind} · {KINDS[kind].what}\n" if len(found) > 1 else ""
        parts.append(heading + listed([*names.items()], width))
    return "\n\n".join(parts)
