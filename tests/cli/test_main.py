"""The application itself."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.cli.command import arguments, environment, vtc
from vtc_r1.cli.main import app
from vtc_r1.cli.manual import ENVIRONMENT, EXAMPLES, EXITS, FILES
from vtc_r1.settings import Settings

APP = typer.main.get_command(app)
PAGES = ("solve", "eval", "report", "view", "render", "train", "serve", "probe", "launch", "doctor", "plan")
"""Commands whose help is a manual page; the commands of `data` are others."""
HEAVY = ("torch", "transformers", "numpy", "pydantic", "openai", "PIL")


@pytest.mark.process
def test_help_names_every_command(tmp_path: Path) -> None:
    done = vtc("--help", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert all(command in done.out for command in PAGES)


def leaves(commands: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The commands that do something, by all of their words."""
    for name, command in commands.items():
        if inner := getattr(command, "commands", None):
            yield from leaves(inner, f"{before}{name} ")
        else:
            yield before + name, command


LEAVES = dict(leaves(APP.commands))  # type: ignore[attr-defined]


@pytest.mark.process
def test_help_prints_like_a_manual_page(tmp_path: Path) -> None:
    done = vtc("solve", "--help", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    lines = [line.strip() for line in done.out.splitlines()]
    at = [lines.index(title) for title in (EXAMPLES, ENVIRONMENT, FILES, EXITS)]
    assert at == sorted(at) and lines.index('vtc-r1 solve "37 + 85 - 19 * 2 + 46"') > at[0]
    assert "VTC_API_KEY, OPENAI_API_KEY" in done.out and "130  interrupted" in done.out


@pytest.mark.process
@pytest.mark.parametrize("columns", ["30", "12"])
def test_help_on_a_narrow_terminal(tmp_path: Path, columns: str) -> None:
    done = vtc("plan", "--help", cwd=tmp_path, COLUMNS=columns)
    assert (done.code, done.err) == (0, "")
    assert "Usage" in "".join(done.out.split())[:200]


@pytest.mark.parametrize("command", LEAVES)
def test_every_command_has_help_with_an_example(command: str) -> None:
    epilog = LEAVES[command].epilog
    assert "Example" in epilog and f"vtc-r1 {command}" in epilog
    assert command not in PAGES or all(title in epilog for title in (EXAMPLES, ENVIRONMENT, EXITS))


@pytest.mark.parametrize("command", ["", *LEAVES])
def test_every_example_is_a_command_line_that_is_understood(command: str) -> None:
    described = LEAVES[command] if command else APP
    lines = re.findall(r"^  (?:echo .*\| )?vtc-r1 (.*)$", described.epilog.replace(r"\[", "["), re.MULTILINE)
    assert lines or EXAMPLES not in described.epilog
    for line in lines:
        words = [word for word in shlex.split(re.split(r" [|>] ", line)[0]) if word != "--debug"]
        if words[0].startswith("--"):
            continue
        name = next(name for name in sorted(LEAVES, key=len, reverse=True) if line_has(words, name))
        LEAVES[name].make_context(name, words[len(name.split()) :], resilient_parsing="--help" in words)


def line_has(words: list[str], name: str) -> bool:
    if words[0] == "study" and " ".join(words[:2]) not in LEAVES:
        words.insert(1, "run")
    return words[: len(name.split())] == name.split()


@pytest.mark.parametrize(
    ("command", "without"), [("solve", ()), ("eval", ()), ("serve", ()), ("data sample", ("system_file",))]
)
def test_every_command_that_solves_has_a_flag_for_every_setting(
    command: str, without: tuple[str, ...]
) -> None:
    names = [parameter.name for parameter in LEAVES[command].params]
    assert len(set(names)) == len(names)
    assert set(Settings.model_fields) - set(names) == set(without)


@pytest.mark.process
def test_the_former_name_of_a_flag_still_counts_and_is_not_listed(tmp_path: Path) -> None:
    server = ["--base-url", "http://127.0.0.1:9/v1", "--model", "m"]
    now, former = (
        vtc("solve", "1+2", *server, flag, "0", cwd=tmp_path) for flag in ("--server-wait", "--patience")
    )
    assert (now.code, former.code) == (1, 1)
    assert former.err == "vtc-r1: --patience is now --server-wait; the old name will be removed\n" + now.err
    shown = vtc("solve", "--help", cwd=tmp_path).out
    assert "--server-wait" in shown and "--patience" not in shown


@pytest.mark.process
def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    command = arguments("--help")
    command[1:1] = ["-X", "importtime"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, check=True)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.decode().splitlines()}
    assert "typer" in imported
    assert not imported & set(HEAVY)


@pytest.mark.process
@pytest.mark.parametrize("words", [["slove"], ["solve", "--no-such-flag"], ["solve", "--seed", "x"], []])
def test_bad_usage_is_exit_code_2_without_a_traceback(tmp_path: Path, words: list[str]) -> None:
    done = vtc(*words, cwd=tmp_path)
    assert done.code == 2
    assert "Traceback" not in done.err


@pytest.mark.process
def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("A line.\n" * 200_000, encoding="utf-8")
    options = {"cwd": tmp_path, "env": environment(), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = arguments("render", "notes.md", "--out", "pages", "--json")
    with subprocess.Popen(command, **options) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        err = running.stderr.read()
        assert running.wait(60) == 1
    assert [line for line in err.splitlines() if not line.endswith(b" s so far")] == []
