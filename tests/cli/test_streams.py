"""Standard streams as they may be: closed, full, left by their reader, in an encoding of few characters."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import arguments, environment, vtc
from tests.solved import solved
from vtc_r1.storage import save_trace

pytestmark = pytest.mark.process

HARD = "光学 ∑ → 𝔘 é"
"""Characters of every length in UTF-8; cp1252 has the last one only."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    trace = solved()
    save_trace(trace.model_copy(update={"question": HARD, "answer": HARD}), tmp_path / "run")
    (tmp_path / "text.txt").write_text(f"{HARD}\n" * 300, encoding="utf-8")
    return tmp_path


def through(redirection: str, *words: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a shell, with its streams redirected."""
    line = " ".join(f"'{word}'" for word in arguments(*words))
    options: dict[str, Any] = {"cwd": cwd, "env": environment(**more), "timeout": 120, "check": False}
    return subprocess.run(["bash", "-c", f"{line} {redirection}"], capture_output=True, **options)


@pytest.mark.parametrize(
    ("redirection", "says"),
    [
        (">/dev/full", b"vtc-r1: standard output: cannot be written (No space left on device)\n"),
        (">&-", b"vtc-r1: standard output: cannot be written (Bad file descriptor)\n"),
        (">/dev/full 2>/dev/full", b""),
        ("<&- >&- 2>&-", b""),
    ],
)
def test_a_result_that_nobody_gets_is_exit_code_1(folder: Path, redirection: str, says: bytes) -> None:
    done = through(redirection, "view", "run", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", says)


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "<&-"])
def test_the_result_comes_whatever_the_other_streams_are(folder: Path, redirection: str) -> None:
    words = ["report", "nothing", "--out", "report"]
    assert through(redirection, *words, cwd=folder).returncode == 2
    done = through(redirection, "view", "run", "--json", cwd=folder)
    assert done.returncode == 0 and json.loads(done.stdout)["answer"] == HARD and done.stderr == b""


def test_no_file_takes_the_place_of_a_closed_stream(folder: Path) -> None:
    done = through("<&- >&- 2>&-", "render", "text.txt", "--out", "pages", cwd=folder)
    assert done.returncode == 1  # what the pages cost could not be printed
    for page in (folder / "pages").glob("*.png"):
        assert page.read_bytes().startswith(b"\x89PNG") and page.read_bytes().endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("words", [["view", "run", "--json"], ["man", "solve"], ["--help"], ["solve", "-h"]])
def test_a_reader_that_leaves_is_no_error(folder: Path, words: list[str]) -> None:
    """The reader leaves before the first line, so that writing it fails whatever a pipe holds."""
    done = through("| true; exit ${PIPESTATUS[0]}", *words, cwd=folder)
    assert done.stderr == b"" and done.returncode in (0, 1)
    reading, writing = os.pipe()
    os.close(reading)
    options: dict[str, Any] = {"cwd": folder, "env": environment(), "stdout": writing}
    left = subprocess.run(arguments(*words), stderr=subprocess.PIPE, check=False, timeout=120, **options)
    os.close(writing)
    assert (left.returncode, left.stderr) == (1, b"")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_characters_that_an_encoding_lacks_become_escapes(folder: Path, encoding: str) -> None:
    plain = through("", "view", "run", cwd=folder, PYTHONIOENCODING=encoding)
    assert (plain.returncode, plain.stderr) == (0, b"")
    assert r"\u5149\u5b66 \u2211 \u2192 \ud835\udd18" in plain.stdout.decode(encoding)
    told = through("", "view", "run", "--json", cwd=folder, PYTHONIOENCODING=encoding)
    assert json.loads(told.stdout.decode(encoding))["answer"] == HARD
    wrong = through("", "view", HARD, cwd=folder, PYTHONIOENCODING=encoding)
    assert wrong.returncode == 2 and wrong.stderr.count(b"\n") == 1 and rb"\u5149" in wrong.stderr


def test_a_locale_without_any_of_them(folder: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for words in (["view", "run"], ["render", "text.txt", "--out", "pages"], ["solve", "--help"]):
        done = through("", *words, cwd=folder, **plain)
        assert (done.returncode, done.stderr) == (0, b"") and done.stdout.isascii()


def test_a_question_from_an_input_that_is_none(tmp_path: Path) -> None:
    done = through("<&-", "solve", "-", cwd=tmp_path)
    assert done.returncode == 2 and b"standard input cannot be read" in done.stderr


def test_an_empty_value_is_not_taken_for_the_working_directory(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    for words in (["--out", ""], ["--out="], ["--out", "pages", "--profile", ""]):
        assert "is empty" in vtc("render", "text.txt", *words, cwd=folder).error
    assert sorted(path.name for path in folder.iterdir()) == before
