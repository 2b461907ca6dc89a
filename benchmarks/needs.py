"""What a benchmark needs beside the package itself."""

import argparse
import importlib.util
import shutil

from vtc_r1.extras import remedy


def require(modules: list[str], programs: dict[str, str]) -> None:
    """Check for modules of the extra `bench`, and for programs with the system package that brings each.

    Raises argparse.ArgumentTypeError, a one-line message that says how to install what is absent.
    """
    if absent := [name for name in modules if importlib.util.find_spec(name) is None]:
        raise argparse.ArgumentTypeError(f"needs {', '.join(absent)}: {remedy('bench')}")
    if lacking := {name: package for name, package in programs.items() if shutil.which(name) is None}:
        raise argparse.ArgumentTypeError(
            f"needs {', '.join(lacking)}: apt install {' '.join(dict.fromkeys(lacking.values()))}"
        )
