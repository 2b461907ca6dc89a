"""The measurement of an on-policy round, in a tiny form."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")

from vtc_r1.backends.embedded import checkpoint
from vtc_r1.sft.built.dataset import BuiltDataset

pytestmark = pytest.mark.training

ROOT = Path(__file__).parents[1]
SMALL = ["--problems", "5", "--n", "2", "--steps", "2", "--batch", "4", "--held-out", "5", "--seed", "9"]


def test_a_round_is_compared_with_as_many_steps_on_the_original_data(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "benchmarks" / "on_policy.py", checkpoint(), "--out", tmp_path, *SMALL]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["solves"]["model"]["revision"]
    assert found["solves"]["solves"] == 10 and found["examples"] == len(BuiltDataset(tmp_path / "sampled"))
    assert set(found["accuracy"]) == {"start", "on-policy", "control"}
    assert [(pair["first"], pair["second"], pair["problems"]) for pair in found["pairs"]] == [
        ("start", "on-policy", 5),
        ("start", "control", 5),
        ("on-policy", "control", 5),
    ]
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"start", "on-policy", "control"}
    assert isinstance(found["gain_is_enough"], bool)
