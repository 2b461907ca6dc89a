import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from vtc_r1.estimates import REASONING
from vtc_r1.sft.rows import Row, thinking

ROOT = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    data_rows = importlib.import_module("data_rows")


@pytest.fixture
def data(tmp_path):
    rows = [
        {
            "problem": f"What is {n}?",
            "solution": f"It is $x_{{{n}}}$.\n\nSo it is {n}. " * 9,
            "answer": str(n),
        }
        for n in range(30)
    ]
    path = tmp_path / "math.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def test_rows_are_of_the_schema_with_traces_of_the_length_asked_for(data):
    rows = list(data_rows.rows(200, 1000, path=data))
    assert rows == list(data_rows.rows(200, 1000, path=data))
    lengths = []
    for row in rows:
        assert list(Row.model_fields) == list(Row.model_validate(row).model_dump()) == list(row)
        lengths.append(len(thinking(row["generations"][0])) / REASONING.characters)
    assert 800 < sum(lengths) / len(lengths) < 1300


def run(script, *words):
    command = [sys.executable, ROOT / "benchmarks" / script, *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.process
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")
def test_building_is_measured(data):
    pytest.importorskip("reportlab")
    found = run("data_build.py", "--data", data, "--rows", 20, "--compared", 16, "--segment-tokens", 1024)
    assert found["build"]["rows"] == 20
    assert found["build"]["peak_mb_of_a_process"] > 20
    assert found["compared"]["rendering_faster"] > 0


@pytest.mark.process
def test_killed_builds_are_checked(data):
    found = run("data_kill.py", "--data", data, "--rows", 24, "--kills", 2)
    assert found["rows_equal"] and found["files_equal"]
    assert [kill["finished"] for kill in found["kills"]] == [False, False]
