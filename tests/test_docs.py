"""The documentation: what it says of commands and files holds, and what is made from the code is current."""

import importlib.util
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer
import yaml
from PIL import Image, ImageChops

from vtc_r1.cli.main import app

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def script(name: str):
    """A script of `docs` as a module."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFERENCE = script("write_reference")
COMMANDS = {
    name.removeprefix("vtc-r1 "): command
    for name, command in REFERENCE.leaves(typer.main.get_command(app).commands)
}
NAMES = "|".join(sorted(COMMANDS, key=len, reverse=True))


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_reference_of_commands_is_current():
    assert REFERENCE.TARGET.read_text(encoding="utf-8") == REFERENCE.reference(), (
        "python docs/write_reference.py"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_says_what_it_is(command):
    context = COMMANDS[command].context_class(COMMANDS[command])
    for parameter in COMMANDS[command].get_params(context):
        assert parameter.hidden or parameter.help, (command, parameter.name)


def test_every_command_has_its_place_in_the_guide():
    guide = (DOCS / "command-line.md").read_text(encoding="utf-8").split("\n## ")[0]
    assert {name.split()[0] for name in COMMANDS} <= set(re.findall(r"`([a-z]+)`", guide))


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_line_in_the_docs_is_one(page):
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for command, rest in re.findall(rf"\bvtc-r1 ({NAMES})\b([^\n`]*)", text):
        known = {
            name for option in COMMANDS[command].params for name in (*option.opts, *option.secondary_opts)
        }
        assert set(re.findall(r"\s(--[a-z-]+)", re.split(" (?:--|#) ", rest)[0])) <= {*known, "--debug"}, rest


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def nav(entries) -> list[str]:
    """The pages of the site's navigation."""
    if isinstance(entries, str):
        return [entries]
    values = entries.values() if isinstance(entries, dict) else entries
    return [page for value in values for page in nav(value)]


def test_every_page_has_a_place_in_the_site():
    mounted = re.findall(r'"(\S+\.md)",$', (DOCS / "mount.py").read_text(encoding="utf-8"), re.MULTILINE)
    pages = [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page.name != "solution.md"]
    assert sorted(nav(SITE["nav"])) == sorted([*pages, *mounted])


PUBLIC = (
    "vtc_r1.renderers",
    "vtc_r1.memory",
    "vtc_r1.prompts",
    "vtc_r1.eval.grading",
    "vtc_r1.eval.metrics",
    "vtc_r1.eval.probe",
    "vtc_r1.eval.report",
    "vtc_r1.eval.runs",
)


@pytest.mark.parametrize("package", PUBLIC)
def test_every_public_name_is_in_the_reference(package):
    reference = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    described = set(re.findall(rf"^::: {re.escape(package)}\.(\w+)$", reference, re.MULTILINE))
    assert described == set(import_module(package).__all__)


@pytest.mark.process
def test_the_pictures_are_those_that_the_script_draws(tmp_path):
    ours = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, DOCS / "draw_method.py", tmp_path], env=ours, check=True, cwd=tmp_path)
    drawn = {path.name for path in tmp_path.iterdir()}
    shown = re.findall(r"\]\(([\w-]+\.(?:svg|png))\)", (DOCS / "method.md").read_text(encoding="utf-8"))
    assert drawn == set(shown)
    for name in drawn:
        if name.endswith(".png"):
            with Image.open(tmp_path / name) as new, Image.open(DOCS / name) as old:
                assert ImageChops.difference(new, old).getbbox() is None, name
        else:
            new, old = (
                re.sub(r'href="[^"]*"', "", (place / name).read_text("utf-8")) for place in (tmp_path, DOCS)
            )
            assert new == old, f"{name}: python docs/draw_method.py"
