"""The application itself."""

import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.command import arguments, environment, vtc, vtc_each

COMMANDS = ("solve", "view", "render", "train", "launch", "doctor", "plan")
HEAVY = ("torch", "transformers", "numpy", "pydantic", "openai", "PIL")


def test_version(tmp_path: Path) -> None:
    done = vtc("--version", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, f"vtc-r1 {version('vtc-r1')}\n", "")


def test_help_names_every_command(tmp_path: Path) -> None:
    done = vtc("--help", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert all(command in done.out for command in COMMANDS)


def test_every_command_has_help_with_an_example(tmp_path: Path) -> None:
    helped = vtc_each({command: [command, "--help"] for command in COMMANDS}, cwd=tmp_path)
    for command, done in helped.items():
        assert (done.code, done.err) == (0, "")
        assert f"Example: vtc-r1 {command}" in done.out


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    command = arguments("--help")
    command[1:1] = ["-X", "importtime"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, check=True)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.decode().splitlines()}
    assert "typer" in imported
    assert not imported & set(HEAVY)


@pytest.mark.parametrize("words", [["slove"], ["solve", "--no-such-flag"], ["solve", "--seed", "x"], []])
def test_bad_usage_is_exit_code_2_without_a_traceback(tmp_path: Path, words: list[str]) -> None:
    done = vtc(*words, cwd=tmp_path)
    assert done.code == 2
    assert "Traceback" not in done.err


def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("A line.\n" * 200_000, encoding="utf-8")
    options = {"cwd": tmp_path, "env": environment(), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = arguments("render", "notes.md", "--out", "pages", "--json")
    with subprocess.Popen(command, **options) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        err = running.stderr.read()
        assert running.wait(60) == 1
    assert err == b""
