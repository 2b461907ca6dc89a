"""The environment of the real servers: SGLang, its router and `transformers serve`, all on the CPU.

It holds some 2.5 GB, so it lies outside the clone, in the user's cache folder or where VTC_SGLANG_ENV says,
and is built once for every set of pins.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

HERE = Path(__file__).parent
PINS = HERE / "requirements.txt"
SITE = HERE / "site"
"""Modules that go into it, in place of what only works with CUDA."""
BUILD = "python -m tests.servers"
_STAMP = "vtc-r1.sha256"
_CPU_WHEELS = "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu"


class BuildError(Exception):
    """The environment cannot be built; says at what, and what to do."""


def place() -> Path:
    """Return the folder in which the environment lies, or is to lie."""
    named = os.environ.get("VTC_SGLANG_ENV")
    return Path(named).absolute() if named else user_cache_path("vtc-r1") / "servers"


def interpreter(folder: Path) -> Path:
    """Return its Python."""
    return folder / "bin" / "python"


def is_built(folder: Path) -> bool:
    """Tell whether it is there, whole, and made from the present pins."""
    stamp = folder / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _fingerprint()


def build(folder: Path) -> None:
    """Make the environment unless it is there; beside its place, and moved there when it is whole.

    Its programs in `bin` name the folder in which it was built: run modules, `python -m …`.
    """
    with _alone(folder):
        if is_built(folder):
            return
        if folder.exists() and not (folder / _STAMP).is_file():
            raise BuildError(f"{folder} is something else: name another folder in VTC_SGLANG_ENV")
        fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
        try:
            _install(fresh)
            _fill_in(fresh)
            (fresh / _STAMP).write_text(_fingerprint(), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _install(folder: Path) -> None:
    if sys.platform != "linux":
        raise BuildError(f"SGLang is published for Linux, and this is {sys.platform}")
    _run([sys.executable, "-m", "venv", str(folder)], "making the environment")
    pip = [str(interpreter(folder)), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    torch = next(pin for pin in PINS.read_text(encoding="utf-8").splitlines() if pin.startswith("torch=="))
    _run([*pip, torch], f"installing {torch}")
    _run([*pip, "--no-deps", "-r", str(PINS)], "installing the servers")


def _fill_in(folder: Path) -> None:
    """Put our modules beside the installed ones; torchvision's only where it cannot be imported without."""
    python = str(interpreter(folder))
    where = [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    packages = Path(_run(where, "finding its packages").strip())
    shutil.copytree(SITE, packages, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    look = [python, "-c", "import torchvision"]
    if subprocess.run(look, capture_output=True, check=False).returncode != 0:
        (packages / "vtc_r1_servers.pth").write_text("import torchvision_without_cuda\n", encoding="utf-8")
    _run(look, "importing torchvision")


def _run(words: list[str], doing: str) -> str:
    print(f"{doing} …", file=sys.stderr, flush=True)
    polite = ["nice", "-n", "10"] if shutil.which("nice") else []
    done = subprocess.run([*polite, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line and not line.startswith("WARNING")]
        said = " | ".join(lines[-3:]) or f"exit code {done.returncode}"
        raise BuildError(f"{doing} failed: {said}; where PyPI has no torch for CPUs, set {_CPU_WHEELS}")
    return done.stdout


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in [PINS, *sorted(SITE.rglob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time build."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
