"""What to install is a command that a shell takes as it stands, wherever the package came from."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]


def said(
    tmp_path: Path, *extras: str, origin: str | None = None, installer: str = "pip", cwd: Path | None = None
) -> str:
    """What `remedy` says where the package was installed like this."""
    record = tmp_path / "site" / "vtc_r1-0.1.0.dist-info"
    record.mkdir(parents=True, exist_ok=True)
    (record / "METADATA").write_text("Metadata-Version: 2.4\nName: vtc-r1\nVersion: 0.1.0\n", "utf-8")
    (record / "INSTALLER").write_text(f"{installer}\n", "utf-8")
    if origin is not None:
        (record / "direct_url.json").write_text(origin, "utf-8")
    return asked(
        {"PYTHONPATH": os.pathsep.join((str(record.parent), str(ROOT)))}, *extras, cwd=cwd or tmp_path
    )


def asked(variables: dict[str, str], *extras: str, cwd: Path, flags: tuple[str, ...] = ()) -> str:
    code = f"from vtc_r1.extras import remedy; print(remedy(*{extras!r}))"
    done = subprocess.run(
        [sys.executable, *flags, "-c", code],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.rstrip("\n")


def editable(clone: Path) -> str:
    return json.dumps({"url": clone.as_uri(), "dir_info": {"editable": True}})


def words(command: str) -> list[str]:
    """The words that bash makes of a command."""
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "origin",
    [
        None,
        json.dumps({"url": "file:///srv/vtc-r1", "dir_info": {}}),
        json.dumps({"url": "file:///srv/vtc_r1-0.1.0-py3-none-any.whl", "archive_info": {}}),
        json.dumps(
            {"url": "https://example.org/vtc-r1.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}}
        ),
        "{}",
        "[]",
        "no JSON",
        json.dumps({"dir_info": {"editable": True}}),
    ],
)
def test_an_installed_package_is_named(tmp_path, origin):
    assert said(tmp_path, "local", origin=origin) == 'pip install "vtc-r1[local]"'


@pytest.mark.parametrize(
    "name", ["vtc-r1", "with a blank", "it's", "a$HOME", 'a"b', "ümläut", "a`id`b", "a!b"]
)
def test_a_clone_is_named_by_its_folder(tmp_path, name):
    clone = tmp_path / name
    clone.mkdir()
    there = said(tmp_path, "local", "eval", origin=editable(clone))
    assert words(there) == ["pip", "install", "-e", f"{clone}[local,eval]"]
    here = said(tmp_path, "local", "eval", origin=editable(clone), cwd=clone)
    assert here == 'pip install -e ".[local,eval]"'


def test_uv_is_named_where_it_installed_the_package(tmp_path):
    assert said(tmp_path, "pdf", installer="uv") == 'uv pip install "vtc-r1[pdf]"'


def test_a_clone_that_is_not_installed_is_named_by_its_folder(tmp_path):
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "vtc_r1", clone / "vtc_r1", ignore=shutil.ignore_patterns("__pycache__", "nano"))
    shutil.copy(ROOT / "pyproject.toml", clone)
    alone = {"PYTHONPATH": str(clone)}
    assert shlex.split(asked(alone, "local", cwd=tmp_path, flags=("-S",)))[-1] == f"{clone}[local]"
    assert asked(alone, cwd=clone, flags=("-S",)) == "pip install -e ."


def test_an_error_says_it():
    from vtc_r1.errors import MissingExtra
    from vtc_r1.extras import remedy

    assert str(MissingExtra("torch", "local", "a model")) == (
        f"a model needs torch, which is not installed: {remedy('local')}"
    )
