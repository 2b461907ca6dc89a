"""Folders of long-running commands, killed before every single write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

pytestmark = pytest.mark.process
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("job", ["data_set", "training", "run", "probe", "search"])
def test_a_folder_is_gone_on_with_after_a_kill_before_any_write(job: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.kills", f"tests.kill_jobs:{job}", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 4
