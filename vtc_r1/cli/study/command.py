"""`vtc-r1 study`: the group of its commands; the name of a study alone runs it."""

from typing import Any

import typer
from typer.core import TyperGroup

from vtc_r1.cli.options import spelt
from vtc_r1.cli.study.archive import EXPORT_MANUAL, VERIFY_MANUAL, export, verify
from vtc_r1.cli.study.run import MANUAL as RUN_MANUAL
from vtc_r1.cli.study.run import run

RUN = "run"


class _Group(TyperGroup):
    """Runs a study where its first word is none of its commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` before flags that come first; `--help` is the group's own."""
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            args = [RUN, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take a first word that is no command for the name of a study."""
        return super().resolve_command(ctx, args if args[0] in self.commands else [RUN, *args])


study = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    help="A study: from data to a table beside the published one, in one file and one command.",
)
study.command(RUN, epilog=RUN_MANUAL)(spelt(run))
study.command("export", epilog=EXPORT_MANUAL)(spelt(export))
study.command("verify", epilog=VERIFY_MANUAL)(spelt(verify))


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(study, name="study")
