"""Benchmarks from the hub: with a network, from its cache, and with neither."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.eval.hub import COMMIT, Hub

pytest.importorskip("datasets", reason="the extra `eval` is not installed")

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
ROWS = [
    {
        "problem": f"{n}+1?",
        "solution": "so",
        "answer": str(n + 1),
        "subject": "Sums",
        "level": n,
        "unique_id": f"t/{n}",
    }
    for n in range(5)
]
LOAD = """
from vtc_r1.errors import VtcError
from vtc_r1.eval.load import load
try:
    found = load("math500")
    print(found.revision, *(one.id + ":" + one.answer for one in found.problems))
except VtcError as error:
    print(type(error).__name__, error)
"""


def loaded(home, **environment):
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_data_set_is_loaded_at_the_newest_revision_and_again_offline(tmp_path):
    hub = Hub(
        "HuggingFaceH4/MATH-500", {"test.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS).encode()}
    )
    wanted = f"{COMMIT} t/0:1 t/1:2 t/2:3 t/3:4 t/4:5"
    try:
        assert loaded(tmp_path, HF_ENDPOINT=hub.address, HF_HUB_OFFLINE="0") == wanted
        assert any(asked.startswith("GET /api/datasets/HuggingFaceH4/MATH-500") for asked in hub.asked)
    finally:
        hub.close()
    assert loaded(tmp_path, HF_HUB_OFFLINE="1") == wanted


def test_offline_it_says_how_to_get_the_data(tmp_path):
    told = loaded(tmp_path, HF_HUB_OFFLINE="1")
    assert told.startswith("BenchmarkError benchmark math500: cannot load HuggingFaceH4/MATH-500 (")
    assert "HF_HOME" in told
    assert "--file" in told
    assert "\n" not in told
