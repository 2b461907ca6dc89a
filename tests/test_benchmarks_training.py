"""The benchmark of killed trainings, in short: one kill, at a random write."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")
pytest.importorskip("pyarrow")

pytestmark = [pytest.mark.training, pytest.mark.process]
ROOT = Path(__file__).parents[1]


def test_a_training_that_was_killed_ends_with_equal_weights() -> None:
    words = [sys.executable, str(ROOT / "benchmarks" / "train_kills.py"), "--kills", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("1 kills at random ones of ")
    assert " 0 gave other weights, " in done.stdout
