"""The short form of what `benchmarks/serve.py` measures; its times are not looked at here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]


def test_malformed_bodies_and_streaming_clients_are_served():
    flags = {"--delays": 8, "--clients": 20, "--seconds": 3, "--warm": 1, "--bodies": 300, "--seed": 1}
    words = [str(word) for pair in flags.items() for word in pair]
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "serve.py", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    figures = json.loads(done.stdout)
    assert figures["malformed"] == {"bodies": 300, "wrong": []}
    assert figures["soak"]["streams"] >= 20 and figures["soak"]["errors"] == []
    assert [one["errors"] for one in figures["delay"]] == [0, 0]
