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
_WHOLE = 1_000_000  #: columns where the output is not a terminal: one line each, however long


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
        typer.Option(
            "--json",
            help="Print one JSON object: by kind, objects with name, description and a plug-in's package.",
        ),
    ] = False,
) -> None:
    """List the names that flags take, one per line: profiles, presets, policies, recipes and more.

    Those of plug-ins are among them, with their package. Files of your own, which most of these flags take
    as well, are not listed.
    """
    from vtc_r1.cli.show import warn

    found = named(kind)
    for each in found:
        if (registry := KINDS[each].registered) is not None:
            for line in registry.unusable:
                warn([line])
    print(_as_json(found) if as_json else _as_text(found, room() if sys.stdout.isatty() else _WHOLE))


def _as_json(found: Mapping[str, Mapping[str, str]]) -> str:
    entries = {
        kind: [{"name": name, "description": says, **_package(kind, name)} for name, says in names.items()]
        for kind, names in found.items()
    }
    return json.dumps(entries, indent=2, ensure_ascii=False)


def _as_text(found: Mapping[str, Mapping[str, str]], width: int) -> str:
    """Write a paragraph a kind; its heading says what it is where there are several."""
    parts = []
    for kind, names in found.items():
        heading = f"{kind} · {KINDS[kind].what}\n" if len(found) > 1 else ""
        entries = [(name, " · ".join([says, *_package(kind, name).values()])) for name, says in names.items()]
        parts.append(heading + listed(entries, width))
    return "\n\n".join(parts)


def _package(kind: str, name: str) -> dict[str, str]:
    """Say which package a name of a plug-in comes from."""
    registry = KINDS[kind].registered
    package = None if registry is None else registry.package(name)
    return {} if package is None else {"package": package}
