"""Environments in which pages are run: fresh ones, with nothing but a page's extras, and the present one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

_OURS = ("VTC_", "OPENAI_", "PYTEST_", "PYTHON", "VIRTUAL_ENV", "CONDA", "COV_", "MPL", "NO_COLOR", "COLUMNS")
"""Beginnings of variables that a reader does not have, and that change what commands print."""

_PIP = """\
#!/usr/bin/env bash
# This package and its extras are installed already: an environment is made from what its page needs.
if [ "$1" = install ] && [[ "${!#}" =~ ^(\\.|vtc-r1)(\\[.*\\])?$ ]]; then exit 0; fi
exec uv pip "$@"
"""


@dataclass(frozen=True)
class Environment:
    """Where commands are found.

    Attributes:
        bin: folder of `python` and `vtc-r1`.
    """

    bin: Path

    def variables(self, home: Path, cache: Path) -> dict[str, str]:
        """The environment variables of a reader whose home is `home`; makes what they name."""
        shims = home / ".shims"
        shims.mkdir(parents=True, exist_ok=True)
        pip = shims / "pip"
        pip.write_text(_PIP, encoding="utf-8")
        pip.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        return {
            **kept,
            **index(),
            "PATH": os.pathsep.join((str(shims), str(self.bin), os.environ["PATH"])),
            "VIRTUAL_ENV": str(self.bin.parent),
            "HOME": str(home),
            "XDG_CACHE_HOME": str(cache),
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "BROWSER": "true",  # a program that opens whatever it is given
            "LC_ALL": "C.UTF-8",
        }


def present() -> Environment:
    """The environment that runs the tests."""
    return Environment(Path(sys.executable).parent)


def uv() -> str:
    """The path of uv; skips the test where there is none."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        pytest.skip("fresh environments are made by uv: pip install uv")
    return found


def index() -> dict[str, str]:
    """Where uv finds torch for CPUs: in the folders that pip looks into, else in the index of CPU builds."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.find-links"],
        capture_output=True,
        text=True,
        check=False,
    )
    links = os.environ.get("PIP_FIND_LINKS") or (asked.stdout.strip() if asked.returncode == 0 else "")
    if links:
        return {"UV_FIND_LINKS": ",".join(links.split())}
    return {"UV_TORCH_BACKEND": "cpu"}


def wheel(root: Path, folder: Path) -> Path:
    """Build the wheel of a clone."""
    _run(uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(root))
    (found,) = folder.glob("*.whl")
    return found


def fresh(extras: Iterable[str], built: Path, folder: Path) -> Environment:
    """Make an environment with the package, these extras of it, and nothing else."""
    names = ",".join(sorted(extras))
    python = folder / "bin" / "python"
    _run(uv(), "venv", "--quiet", "--python", sys.executable, str(folder))
    wanted = f"vtc-r1{f'[{names}]' if names else ''} @ {built.as_uri()}"
    _run(uv(), "pip", "install", "--quiet", "--python", str(python), wanted)
    return Environment(folder / "bin")


def clone(root: Path, folder: Path) -> Path:
    """Copy the files of a clone, as they are now, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, target = root / name, folder / name
        if source.is_symlink() or source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return folder


def _run(*words: str) -> None:
    done = subprocess.run(
        words, env={**os.environ, **index()}, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, (words, done.stderr)
