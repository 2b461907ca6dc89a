"""The environments of the trainers that exports are for, and of DeepSpeed, all on the CPU.

They lie outside the clone, in the user's cache folder or where VTC_CONSUMERS says, and each is built once for
every set of pins.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_path
from uv import find_uv_bin

from tests.docs.environment import index
from tests.servers.environment import SITE

HERE = Path(__file__).parent
PINS = {path.stem: path for path in sorted((HERE / "requirements").glob("*.txt"))}
BUILD = "python -m tests.consumers"
ALONE = ("deepspeed",)
"""Environments whose packages are put beside those of the tests, and come without what they need."""
_STAMP = "vtc-r1.sha256"
_NAMED = os.environ.get("VTC_CONSUMERS")
FOLDER = Path(_NAMED).absolute() if _NAMED else user_cache_path("vtc-r1") / "consumers"
"""Where they lie, told before the tests get a cache folder of their own."""


def python(name: str) -> Path:
    """Return the interpreter of an environment, built or not."""
    return FOLDER / name / "bin/python"


def packages_of(name: str) -> Path:
    """Return the folder of the packages of an environment that is there."""
    (found,) = python(name).parents[1].glob("lib/python*/site-packages")
    return found


def is_built(name: str) -> bool:
    """Tell whether an environment is there, whole, and made from the present pins."""
    stamp = python(name).parents[1] / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _fingerprint(name)


def build(name: str) -> None:
    """Make an environment unless it is there; raises CalledProcessError."""
    if is_built(name):
        return
    folder = python(name).parents[1]
    shutil.rmtree(folder, ignore_errors=True)
    _run(find_uv_bin(), "venv", "--quiet", "--python", sys.executable, str(folder))
    override = folder / "torch.txt"  # some pin an older one, or bring CUDA
    override.write_text("torch==2.13.0\n", encoding="utf-8")
    wanted = ["--no-deps"] if name in ALONE else ["--override", str(override)]
    _run(
        find_uv_bin(),
        "pip",
        "install",
        "--quiet",
        "--python",
        str(python(name)),
        *wanted,
        "-r",
        str(PINS[name]),
    )
    packages = packages_of(name)
    shutil.copy(SITE / "torchvision_without_cuda.py", packages)
    for library in packages.glob("torchaudio/lib/*torchaudio*.so"):
        library.unlink()  # PyPI's needs CUDA; without it the package is imported as it is
    (packages / "vtc_r1_consumers.pth").write_text("import torchvision_without_cuda\n", encoding="utf-8")
    (folder / _STAMP).write_text(_fingerprint(name), encoding="utf-8")


def _run(*words: str) -> None:
    environment = {**os.environ, **index(), "DS_BUILD_OPS": "0"}
    subprocess.run(["nice", "-n", "10", *words], env=environment, check=True)


def _fingerprint(name: str) -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in (PINS[name], SITE / "torchvision_without_cuda.py"):
        digest.update(path.read_bytes())
    return digest.hexdigest()
