"""Nonsense through the real command line: a short form of benchmarks/nonsense.py, some of it by processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import vtc

pytest.importorskip("pyarrow")
pytest.importorskip("fastapi")

pytestmark = pytest.mark.process
ROOT = Path(__file__).parents[2]
LINES = [
    ("slove 1+2", "did you mean 'solve'"),
    ("solve 1+2 --memry text", "did you mean --memory?"),
    ("solve 1+2 --preset nono", "did you mean 'nano'?"),
    ("solve 1+2 --memory optcal", "did you mean 'optical'?"),
    ("solve 1+2 --segment-tokens 99999999999999999999", "segment_tokens"),
    ("solve 1+2 --max-seconds nan", "max_seconds"),
    ("data bild --out x", "did you mean 'build'"),
    ("doctor --timeout inf", "--timeout"),
    ("render /dev/zero --out pages", "/dev/zero: cannot be read (it is an endless device)"),
    ("train nanoo", "did you mean 'nano'?"),
    ("plan --gpu h2000", "did you mean 'h200'?"),
]


@pytest.mark.parametrize(("line", "says"), LINES)
def test_the_nearest_name_or_the_remedy_is_told_in_one_line(tmp_path: Path, line: str, says: str) -> None:
    done = vtc(*line.split(), cwd=tmp_path)
    assert done.code == 2 and says.lower() in done.error.lower(), done.err


def test_two_hundred_kinds_of_nonsense_are_refused(tmp_path: Path) -> None:
    script = ROOT / "benchmarks" / "nonsense.py"
    done = subprocess.run(
        [sys.executable, script, "--sample", "215", "--seed", "5"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert told["faults"] == 0 and told["kinds"] >= 200
    assert told["exit codes"].keys() <= {"0", "1", "2"} and told["exit codes"]["2"] > told["cases"] / 2
