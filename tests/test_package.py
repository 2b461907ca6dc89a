"""The package as Python and type checkers see it from outside."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import vtc_r1

ROOT = Path(__file__).parents[1]
USE = """
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import assert_type

import vtc_r1
from vtc_r1 import Document, Solver, Trace, UsageError, VtcError, load_trace, save_trace
from vtc_r1.events import Finished, IterationFinished
from vtc_r1.configuration import Budget, Sampling

assert_type(vtc_r1.__version__, str)
Budget(iterations=3), Sampling(temperature=0.6)
with Solver(base_url="http://host/v1", model="m") as solver:
    assert_type(solver.solve("1", context=["a.txt", Path("b"), Document.of_text("x")]), Trace)
    assert_type(solver.map(["a"]), Generator[Trace, None, None])
    assert_type(solver.amap(["a"]), AsyncGenerator[Trace, None])
    for event in solver.stream("q", "a.txt"):
        if isinstance(event, Finished):
            assert_type(event.trace.compression_ratio, float | None)
            save_trace(event.trace, "folder")
    assert_type(load_trace(Path("folder")).answer, str | None)

async def use(solver: Solver) -> Trace:
    async for event in solver.astream("q", context="a.txt"):
        if isinstance(event, IterationFinished):
            assert_type(event.compression.ratio, float | None)
    return await solver.asolve("q")

def caught(error: UsageError) -> VtcError:
    return error
"""
WRONG = """
import vtc_r1
from vtc_r1 import Sovler
solver = vtc_r1.Solver()
solver.solve(None)
solver.map([1])
solver.solve("q").anwser
"""


def checked(source: str, folder: Path) -> list[str]:
    """What mypy says of a file outside of the repository, one line an error."""
    (folder / "use.py").write_text(source, encoding="utf-8")
    words = ["-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", folder / "cache", "use.py"]
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def printed(code: str) -> list[str]:
    """The words that a fresh interpreter prints, and nothing else."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.process
def test_the_public_names_are_listed_and_there():
    assert set(vtc_r1.__all__) >= {"Solver", "Trace", "VtcError", "UsageError", "load_trace", "save_trace"}
    assert set(vtc_r1.__all__) <= set(dir(vtc_r1))
    assert [name for name in dir(vtc_r1) if not name.startswith("__")] == sorted(
        name for name in vtc_r1.__all__ if name != "__version__"
    )
    for name in vtc_r1.__all__:
        assert getattr(vtc_r1, name) is not None
    assert set(vtc_r1.__all__) <= set(printed("from vtc_r1 import *; print(*globals())"))


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="'vtc_r1' has no attribute 'Sovler'"):
        vtc_r1.Sovler  # noqa: B018
    with pytest.raises(ImportError):
        from vtc_r1 import Sovler  # noqa: F401


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert vtc_r1.__version__ == project["version"]


@pytest.mark.process
def test_importing_the_package_loads_nothing_of_it():
    code = "import sys, vtc_r1; print(*(name for name in sys.modules if name.startswith('vtc_r1.')))"
    assert printed(code) == []


@pytest.mark.process
def test_a_type_checker_sees_the_types_from_outside(tmp_path):
    assert checked(USE, tmp_path) == []
    wrong = checked(WRONG, tmp_path)
    for line, said in ((3, "Sovler"), (5, '"None"'), (6, "List item 0"), (7, "anwser")):
        assert any(told.startswith(f"use.py:{line}:") and said in told for told in wrong), wrong


@pytest.mark.process
def test_help_names_every_face():
    shown = " ".join(printed("import vtc_r1; help(vtc_r1.Solver)"))
    for part in ("solve(", "asolve(", "stream(", "events(", "map(", "amap(", "close(", "Args:", "Raises:"):
        assert part in shown
