"""`vtc-r1 doctor`: is this set-up fit, and if not, what to change."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from vtc_r1.cli import completion
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.cli.options import A_WEEK
from vtc_r1.cli.terminal.notices import slow_notice

if TYPE_CHECKING:
    from vtc_r1.sglang.check import Finding

_STYLES = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "dim"}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("doctor", epilog=MANUAL)(doctor)


MANUAL = manual(
    {
        "vtc-r1 doctor": "this installation",
        "vtc-r1 doctor --base-url http://127.0.0.1:30000/v1": "a server, end to end",
        "vtc-r1 doctor --rl": "an environment for reinforcement by verl",
    },
    exits={0: "no check failed", 1: "a check failed"},
    environment=SETTINGS,
    files=SETTINGS_FILE,
)


def doctor(
    base_url: Annotated[
        str | None, typer.Option(help="/v1 address of a server; without one, this installation is checked.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model on the server; the one that it serves, where that is one.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="What belongs to the model.", autocompletion=completion.preset)
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="Render profile of the solves to come.", autocompletion=completion.profile),
    ] = None,
    max_iterations: Annotated[int | None, typer.Option(help="Their iteration limit.")] = None,
    segment_tokens: Annotated[int | None, typer.Option(help="Their token limit per segment.")] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=A_WEEK, help="Seconds that one request may take.")
    ] = 120,
    rl: Annotated[bool, typer.Option("--rl", help="Check this environment for runs by verl.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check a set-up end to end; every finding is one line that says what to do.

    Settings without a flag here come from VTC_* variables and vtc.toml, as for solve. The exit code
    is 0 if no check failed, else 1.
    """
    from vtc_r1.errors import UsageError
    from vtc_r1.settings import Settings
    from vtc_r1.sglang.check import examine
    from vtc_r1.sglang.doctor import diagnose

    flags = {name: value for name, value in locals().items() if name in Settings.model_fields}
    settings = Settings.load(**flags)
    if settings.base_url is None and model is not None:
        raise UsageError("--model names a model on a server: give --base-url too")
    if rl:
        from vtc_r1.rl.verl.doctor import rl_checks

        found = examine(rl_checks())
    else:
        found = diagnose(settings, timeout=timeout)
    findings = []
    with slow_notice("checking the set-up"):
        for finding in found:
            findings.append(finding)
            if not as_json:
                _show(finding)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    raise typer.Exit(int(any(finding.outcome == "failed" for finding in findings)))


def _show(finding: "Finding") -> None:
    from rich.console import Console
    from rich.text import Text

    from vtc_r1.cli.printable import printable

    remedy = f" → {finding.remedy}" if finding.remedy else ""
    line = " ".join(f"{finding.seen}{remedy}".split())
    text = Text.assemble(
        (f"{finding.outcome:<8} ", _STYLES[finding.outcome]), f"{finding.check:<16}", printable(line)
    )
    Console(highlight=False).print(text, soft_wrap=True)
