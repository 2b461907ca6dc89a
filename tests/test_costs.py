"""Plain `pytest` runs the fast set, and a test of it that costs what its marks do not say fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.costs import COSTS

pytestmark = pytest.mark.process
ROOT = Path(__file__).parents[1]
FILES = {
    "pytest.ini": "[pytest]\ntestpaths = here\naddopts = -p no:cacheprovider\nmarkers =\n"
    + "".join(f"  {name}\n" for name in (*COSTS, "smoke")),
    "conftest.py": 'pytest_plugins = ["tests.costs"]\n',
    "torch.py": "",
    "here/test_fast.py": """
import subprocess, sys
import pytest

def start():
    subprocess.run([sys.executable, "-c", ""], check=True)

@pytest.fixture(scope="module")
def started():
    start()

def test_plain(): pass
def test_starts(): start()
def test_starts_in_a_fixture(started): pass
def test_after_it(): pass
def test_other_program(): subprocess.run(["true"], check=True)
def test_loads():
    import torch
@pytest.mark.process
def test_marked(): start()
@pytest.mark.smoke
def test_smoke(): start()
""",
    "here/test_dear.py": """
import pytest

pytestmark = [
    pytest.mark.process,
]

def test_dear(): pass
raise RuntimeError("it is imported")
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    ours = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(folder)))}
    command = [sys.executable, "-m", "pytest", "-rA", *words]
    done = subprocess.run(command, cwd=folder, env=ours, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def outcomes(said: str, outcome: str) -> set[str]:
    lines = [line.split() for line in said.splitlines()]
    return {words[1].split("::")[1] for words in lines if words[:1] == [outcome] and "::" in words[1]}


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["here", "workers"])
def test_the_fast_set_and_what_does_not_belong_to_it(folder: Path, workers: list[str]) -> None:
    code, said = run(folder, *workers)
    assert code == 1 and "tests: the fast set" in said and "it is imported" not in said, said
    assert outcomes(said, "FAILED") == {"test_starts", "test_starts_in_a_fixture", "test_loads"}, said
    assert outcomes(said, "PASSED") == {"test_plain", "test_after_it", "test_other_program", "test_smoke"}
    assert "pytest.mark.process" in said and "pytest.mark.model" in said


def test_what_is_named_is_run(folder: Path) -> None:
    code, said = run(folder, "here/test_fast.py")
    assert "test_marked" in outcomes(said, "PASSED") and "fast set;" not in said, said
    code, said = run(folder, "here/test_fast.py", "-m", "process")
    assert (code, outcomes(said, "PASSED")) == (0, {"test_marked"}), said
    code, said = run(folder, "-m", "not sglang")
    assert code == 2 and "it is imported" in said, said


def test_collecting_the_fast_set_loads_no_torch(folder: Path) -> None:
    (folder / "here" / "test_fast.py").write_text("import torch\ndef test_plain(): pass\n", encoding="utf-8")
    code, said = run(folder)
    assert code != 0 and "test_plain" not in outcomes(said, "PASSED"), said
