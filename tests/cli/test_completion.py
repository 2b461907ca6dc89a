"""Shell completion: the scripts, what they ask for, and bash itself."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import environment, vtc

pytestmark = pytest.mark.process

SHELLS = {
    "bash": "complete -o default -F _vtc_r1_completion vtc-r1",
    "zsh": "#compdef vtc-r1",
    "fish": "complete --command vtc-r1",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_its_script(tmp_path: Path, shell: str) -> None:
    done = vtc(cwd=tmp_path, _VTC_R1_COMPLETE=f"source_{shell}")
    assert (done.code, done.err) == (0, "")
    assert SHELLS[shell] in done.out and f"_VTC_R1_COMPLETE=complete_{shell}" in done.out
    if shutil.which(shell):
        read = subprocess.run([shell, "-n"], input=done.out, capture_output=True, text=True, check=False)
        assert (read.returncode, read.stderr) == (0, "")


def proposed(line: str, cwd: Path) -> list[str]:
    """What bash gets for a line whose last word is being written."""
    asked = {"_VTC_R1_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = vtc(cwd=cwd, **asked)
    assert (done.code, done.err) == (0, "")
    return done.out.split()


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("vtc-r1 sol", ["solve"]),
        ("vtc-r1 solve --max-i", ["--max-iterations"]),
        ("vtc-r1 solve --memory opt", ["optical"]),
        ("vtc-r1 eval --memory text,opt", ["text,optical"]),
        ("vtc-r1 render notes.md --profile pap", ["paper"]),
        ("vtc-r1 solve --pictures six", ["sixel"]),
        ("vtc-r1 plan --gpu h2", ["h200"]),
    ],
)
def test_commands_flags_and_names_complete(tmp_path: Path, line: str, some: list[str]) -> None:
    assert proposed(line, tmp_path) == some


def test_zsh_and_fish_get_theirs(tmp_path: Path) -> None:
    line = {"_TYPER_COMPLETE_ARGS": "vtc-r1 solve --memory hyb"}
    zsh = vtc(cwd=tmp_path, _VTC_R1_COMPLETE="complete_zsh", **line)
    assert zsh.code == 0 and "hybrid" in zsh.out
    fish = vtc(cwd=tmp_path, _VTC_R1_COMPLETE="complete_fish", _TYPER_COMPLETE_FISH_ACTION="get-args", **line)
    assert fish.code == 0 and fish.out.split() == ["hybrid"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(tmp_path: Path) -> None:
    command = tmp_path / "vtc-r1"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m vtc_r1 "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    script = (
        'eval "$(_VTC_R1_COMPLETE=source_bash vtc-r1)"\n'
        "COMP_WORDS=(vtc-r1 solve --memory hy) COMP_CWORD=3\n"
        '_vtc_r1_completion vtc-r1\necho "${COMPREPLY[@]}"\n'
    )
    path = f"{tmp_path}:{environment()['PATH']}"
    bash = ["bash", "--norc", "-c", script]
    done = subprocess.run(bash, env=environment(PATH=path), capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("hybrid\n", "")
