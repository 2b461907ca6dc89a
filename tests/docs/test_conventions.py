"""What pages say of their commands: what they need, what is not run and why, and that all of them parse."""

import json
import re
import subprocess
import sys
import tomllib

import pytest

from tests.docs.commands import refused, simple_commands
from tests.docs.page import RUN as LANGUAGES
from tests.docs.pages import PAGES, ROOT, RUN, STEPS
from tests.docs.reference import prepared
from tests.docs.steps import steps

pytestmark = pytest.mark.slow

REASONS = {
    "makes environments of its own",
    "needs Docker",
    "needs SGLang",
    "needs a Ray cluster",
    "needs a GPU",
    "needs a language model",
    "needs another harness",
    "needs manual pages",
    "needs root",
    "needs tesseract",
    "needs the hub",
    "needs the index of torch",
    "changes the start-up files of your shell",
    "reads a file of yours",
    "runs all of the tests",
    "takes hours",
    "takes minutes",
}
"""Why a command may not be run."""
MOST_NOT_RUN = 146
EXTRAS = set(
    tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
)
ALL = {**STEPS, "docs/reference/command-line.md": steps(prepared())}
SHELL = {name: [step for step in found if step.kind == "shell"] for name, found in ALL.items()}


@pytest.mark.parametrize("name", RUN)
def test_a_page_with_commands_says_what_they_need(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert PAGES[name].needs is not None or re.search(r'pip install (-e )?"?\.', text), (
        "Needs: `pip install …`"
    )


@pytest.mark.parametrize("name", PAGES)
def test_the_extras_that_a_page_installs_are_those_that_it_needs(name):
    page = PAGES[name]
    assert page.extras <= EXTRAS
    assert all(extras <= page.extras for extras in page.installs), "name all of them in the line `Needs:`"


def test_little_is_not_run_and_each_for_a_reason():
    skipped = [(name, step) for name, found in ALL.items() for step in found if step.skip is not None]
    assert {step.skip for _, step in skipped} <= REASONS
    assert len(skipped) <= MOST_NOT_RUN, len(skipped)
    ran = [step for found in ALL.values() for step in found if step.runs]
    assert len(ran) > len(skipped)


@pytest.mark.parametrize("name", [name for name, found in SHELL.items() if found])
def test_the_parser_takes_every_command(name):
    wrong = {
        f"{name}:{step.line}: {step.command}": said
        for step in SHELL[name]
        for words in simple_commands(step.command)
        if words[0] == "vtc-r1" and (said := refused(words[1:])) is not None
    }
    assert wrong == {}


@pytest.mark.process
def test_scripts_that_are_not_run_have_the_flags_that_pages_give_them():
    given: dict[str, set[str]] = {}
    for step in (step for found in SHELL.values() for step in found):
        for words in simple_commands(step.command) if step.skip else ():
            if words[0] == "python" and words[1].startswith("benchmarks/"):
                flags = given.setdefault(words[1], set())
                flags |= {word.split("=")[0] for word in words[2:] if word.startswith("--")}
    assert given
    for script, flags in given.items():
        asked = subprocess.run(
            [sys.executable, ROOT / script, "--help"], capture_output=True, text=True, check=True, cwd=ROOT
        )
        assert flags <= set(re.findall(r"--[\w-]+", asked.stdout)), (script, flags)


@pytest.mark.parametrize("name", PAGES)
def test_blocks_are_of_a_language_that_is_run_or_checked(name):
    for block in PAGES[name].blocks:
        at = f"{name}:{block.line}"
        if block.language == "toml":
            tomllib.loads(block.body)
        elif block.language == "json" and block.file:
            assert all(json.loads(line) for line in block.body.splitlines()), at
        elif block.language == "json":
            json.loads(block.body)
        else:
            assert block.language in (*LANGUAGES, "", "text", "ini", "yaml"), at
