"""The Python interpreter that has SGLang, which may be in an environment of its own."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder

from vtc_r1.errors import UsageError
from vtc_r1.extras import remedy

_LOOKUP = (
    "import importlib.util as u, sys\n"
    "found = [u.find_spec(name) for name in sys.argv[1:]]\n"
    "print(*(name for name, spec in zip(sys.argv[1:], found) if spec is None or spec.origin is None))"
)
_SECONDS = 60
_PACKAGES = {"sglang": "sglang", "sglang_router": "sglang-router"}


def interpreter(python: str | None, packages: Sequence[str]) -> str:
    """Return the interpreter to use: `python`, or the current one by default.

    Raises UsageError if it lacks one of `packages`, with the ways to get it.
    """
    if python is None:
        absent = [name for name in packages if _absent_here(name)]
        if absent:
            names = " and ".join(_PACKAGES[name] for name in absent)
            raise UsageError(
                f"this environment has no {names}: {remedy('sglang')}"
                f"{' sglang-router' if 'sglang_router' in absent else ''}, name an interpreter that has it "
                "with --python, or use --print for the command of the Docker image"
            )
        return sys.executable
    path = shutil.which(python)
    if path is None:
        raise UsageError(f"--python {python}: not a program; give the path of an environment's bin/python")
    missing = _absent(path, packages)
    if missing:
        needed = " ".join(_PACKAGES[name] for name in missing)
        raise UsageError(
            f"--python {python}: lacks {needed}; install it there: {path} -m pip install {needed}"
        )
    return path


def _absent_here(name: str) -> bool:
    spec = PathFinder.find_spec(name)
    return spec is None or spec.origin is None


def _absent(path: str, packages: Sequence[str]) -> list[str]:
    try:
        done = subprocess.run(
            [path, "-c", _LOOKUP, *packages], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"--python {path}: cannot be run ({error})") from error
    if done.returncode != 0:
        message = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise UsageError(f"--python {path}: not a Python interpreter ({message})")
    return [name for name in done.stdout.split() if name in packages]
