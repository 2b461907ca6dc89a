"""Checks of this installation, without a server."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from vtc_r1.errors import MissingExtra, VtcError
from vtc_r1.extras import remedy
from vtc_r1.sglang.check import Check, Finding

OLDEST = (3, 11)
EXTRAS = {
    "local": ("torch", "transformers"),
    "train": ("torch", "transformers", "accelerate"),
    "sglang": ("sglang",),
    "typeset": ("matplotlib",),
}
"""Modules that the extras install."""
QUESTION, ANSWER = "37 + 85 - 19 * 2 + 46", "130"


def installed_checks() -> list[Check]:
    """Return the checks, in order."""
    return [
        Check("Python", python, essential=True),
        Check("package", package),
        Check("extras", extras),
        Check("embedded model", embedded),
    ]


def python() -> Finding:
    """Is this Python new enough?"""
    if sys.version_info < OLDEST:
        return Finding("failed", platform.python_version(), f"use Python {OLDEST[0]}.{OLDEST[1]} or newer")
    return Finding("ok", platform.python_version())


def package() -> Finding:
    """Which version is installed?"""
    try:
        return Finding("ok", f"vtc-r1 {version('vtc-r1')}")
    except PackageNotFoundError:
        return Finding("warning", "vtc-r1 is imported from a folder, not installed", remedy())


def extras() -> Finding:
    """Which extras are installed? Only a missing `local` is a warning: a model server needs none of them."""
    present = {name for name, modules in EXTRAS.items() if all(find_spec(module) for module in modules)}
    absent = [name for name in EXTRAS if name not in present]
    seen = f"{', '.join(sorted(present)) or 'none'} installed" + (
        f"; missing: {', '.join(absent)}" * bool(absent)
    )
    if "local" not in present:
        return Finding("warning", seen, f"for models in this process: {remedy('local')}")
    return Finding("ok", seen)


def embedded() -> Finding:
    """Does the embedded model solve a problem that takes several iterations?"""
    from vtc_r1.solver import Solver

    try:
        with Solver() as solver:
            trace = solver.solve(QUESTION)
    except MissingExtra as error:
        return Finding("skipped", "the extra local is not installed", str(error).partition(": ")[2])
    except VtcError as error:
        return Finding("failed", str(error), "reinstall vtc-r1")
    seen = f"{QUESTION} = {trace.answer} in {len(trace.iterations)} iterations, {trace.seconds:.1f} s"
    if trace.answer != ANSWER:
        return Finding("failed", seen, f"it should be {ANSWER}: reinstall torch and transformers")
    return Finding("ok", seen)
