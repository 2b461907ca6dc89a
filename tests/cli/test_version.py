"""`vtc-r1 --version`: the version, with the commit where there is one."""

import os
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.command import vtc

pytestmark = pytest.mark.process
PACKAGE = Path(__file__).parents[2] / "vtc_r1"
PLAIN = f"vtc-r1 {version('vtc-r1')}"


def git(folder: Path, *words: str) -> str:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    me = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(folder), *me, *words], env=ours, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code that `--version` needs, beside no repository."""
    root = tmp_path_factory.mktemp("clone")
    shutil.copytree(PACKAGE, root / "vtc_r1", ignore=shutil.ignore_patterns("nano", "fonts", "__pycache__"))
    return root


def told(root: Path, cwd: Path, **more: str) -> str:
    done = vtc("--version", cwd=cwd, PYTHONPATH=str(root), **more)
    assert (done.code, done.err) == (0, "")
    return done.out


def test_it_is_printed_here(tmp_path: Path) -> None:
    done = vtc("--version", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(re.escape(PLAIN) + r"( \([0-9a-f]{7,}(-dirty)?\))?\n", done.out)


def test_the_commit_is_that_of_the_checkout(copied: Path, tmp_path: Path) -> None:
    assert told(copied, tmp_path) == f"{PLAIN}\n"
    git(copied, "init", "--quiet")
    assert told(copied, tmp_path) == f"{PLAIN}\n"  # nothing is committed yet
    git(copied, "add", ".")
    git(copied, "commit", "--quiet", "--message", "First")
    git(copied, "tag", "-a", "v9", "-m", "A tag is no commit")
    short = git(copied, "rev-parse", "--short", "HEAD")
    assert told(copied, tmp_path) == f"{PLAIN} ({short})\n"
    (copied / "untracked").touch()
    assert told(copied, tmp_path) == f"{PLAIN} ({short})\n"
    (copied / "vtc_r1" / "py.typed").write_text("changed", encoding="utf-8")
    assert told(copied, tmp_path) == f"{PLAIN} ({short}-dirty)\n"

    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    git(other, "commit", "--quiet", "--allow-empty", "--message", "Another project, whose hook runs this")
    hook = {"GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other)}
    assert told(copied, other, **hook) == f"{PLAIN} ({short}-dirty)\n"


def test_without_git_it_is_the_version_alone(tmp_path: Path) -> None:
    done = vtc("--version", cwd=tmp_path, PATH=str(tmp_path))
    assert (done.code, done.out, done.err) == (0, f"{PLAIN}\n", "")
