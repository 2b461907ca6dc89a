import re
from pathlib import Path

import pytest
import typer

from vtc_r1.cli.main import app

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


def leaves(commands, before=""):
    """The commands that do something, by all of their words."""
    for name, command in commands.items():
        if inner := getattr(command, "commands", None):
            yield from leaves(inner, f"{before}{name} ")
        else:
            yield before + name, command


COMMANDS = dict(leaves(typer.main.get_command(app).commands))
NAMES = "|".join(sorted(COMMANDS, key=len, reverse=True))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]


def flags(command: str) -> list[str]:
    options = [parameter for parameter in COMMANDS[command].params if parameter.param_type_name == "option"]
    return [max(option.opts, key=len) for option in options]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_flag_is_in_the_guide(command):
    assert f"## `vtc-r1 {command}`" in GUIDE
    for flag in flags(command):
        assert flag in GUIDE or flag.replace("--", "--no-", 1) in GUIDE, flag


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_in_the_docs_is_one(page):
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for command, rest in re.findall(rf"\bvtc-r1 ({NAMES})\b([^\n`]*)", text):
        known = {
            name for option in COMMANDS[command].params for name in (*option.opts, *option.secondary_opts)
        }
        assert set(re.findall(r"\s(--[a-z-]+)", rest.split(" -- ")[0])) <= {*known, "--debug"}, rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target
