"""The chain with real training, in this process' machine; the whole rehearsal with VTC_REHEARSAL=1."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import arguments, environment, vtc
from tests.study.declared import result

REHEARSAL = bool(os.environ.get("VTC_REHEARSAL"))
"""Whether the paper's study is rehearsed with a real SGLang, which takes a quarter of an hour."""


@pytest.mark.training
def test_nano_goes_from_random_weights_to_a_table(tmp_path: Path) -> None:
    for package in ("torch", "accelerate", "pyarrow"):
        pytest.importorskip(package)
    small = {"sft.steps": "2", "sft.batch": "1", "eval.memory": "optical", "shipped.memory": "optical"}
    small |= {"eval.limit": "2", "shipped.limit": "2", "data.workers": "1", "report.figures": "false"}
    sets = [word for key, value in small.items() for word in ("--set", f"{key}={value}")]
    done = vtc("study", "nano", *sets, "--json", "-q", cwd=tmp_path)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    shares = {row["step"]: row["accuracy"]["mean"] for row in found["table"]}
    assert shares == {"eval": 0.0, "shipped": 1.0}
    assert {"sft": "new", "data": "example"}.items() <= {
        one["step"]: one["here"] for one in found["differences"] if one["what"] in ("model", "source")
    }.items()
    assert result(tmp_path, "nano") == {name: value for name, value in found.items() if name != "spent"}
    weights = next(job for job in found["jobs"] if job["kind"] == "sft")
    assert weights["figures"]["bytes"] > 1_000_000 and 'model="new"' in weights["command"]


@pytest.mark.sglang
@pytest.mark.skipif(not REHEARSAL, reason="VTC_REHEARSAL=1 rehearses the paper's study")
def test_the_paper_is_rehearsed_with_a_real_server(tmp_path: Path) -> None:
    from tests.servers.conftest import FOLDER
    from tests.servers.environment import BUILD, interpreter, is_built

    if not is_built(FOLDER):
        pytest.skip(f"no real servers in {FOLDER}; `{BUILD}` installs them (2.5 GB)")
    words = arguments("study", "rehearsal")
    more = {"VTC_SGLANG_PYTHON": str(interpreter(FOLDER)), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(words, cwd=tmp_path, env=environment(**more), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    table = result(tmp_path, "rehearsal")["table"]
    assert len(table) == 5 * (5 + 3 + 1) and not any(row["failed"] for row in table)
