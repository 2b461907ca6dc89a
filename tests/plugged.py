"""Packages with plug-ins for tests: the example, installed by pip, and others written by hand."""

import subprocess
import sys
from pathlib import Path
from shutil import copytree

EXAMPLE = Path(__file__).parent.parent / "examples" / "plugin"


def install(folder: Path) -> Path:
    """Install the example as anybody would, into a folder of its own; returns what PYTHONPATH is to name."""
    source, site = folder / "source", folder / "site"
    copytree(EXAMPLE, source)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index"]
    words = [*pip, "--no-deps", "--no-build-isolation", "--target", site, source]
    subprocess.run(words, check=True, timeout=240)
    return site


def package(site: Path, name: str, points: str, **modules: str) -> None:
    """Put a package into `site`: entry points as `[group]` and `name = module:Class`, and its modules."""
    about = site / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(points)
    for module, text in modules.items():
        (site / f"{module}.py").write_text(text)
