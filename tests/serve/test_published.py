"""Bodies that are drawn from the published interface by schemathesis, which is no dependency.

VTC_SCHEMATHESIS names its command; VTC_SCHEMATHESIS_BODIES how many bodies of each kind it draws.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.serve.running import running
from tests.serve.test_clients import Seeing
from vtc_r1 import Solver

pytestmark = pytest.mark.harness
COMMAND = os.environ.get("VTC_SCHEMATHESIS")
BODIES = os.environ.get("VTC_SCHEMATHESIS_BODIES", "100")


@pytest.mark.skipif(COMMAND is None, reason="VTC_SCHEMATHESIS names no command")
@pytest.mark.parametrize("mode", ["negative", "positive"])
def test_no_body_is_an_internal_error(tmp_path: Path, mode: str) -> None:
    assert COMMAND is not None
    with running(Solver(backend=Seeing(()), preset="vtc-r1")) as server:
        checks = "not_a_server_error,content_type_conformance"
        words = [
            COMMAND,
            "run",
            f"{server.url}/openapi.json",
            "--mode",
            mode,
            "--checks",
            checks,
            "--seed",
            "1",
        ]
        words += ["--max-examples", BODIES, "--phases", "coverage,fuzzing", "--continue-on-failure"]
        words += ["--suppress-health-check", "all", "--no-color", "--include-method", "POST"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=3_000)
        metrics = server.ask("GET", "/metrics").raw.decode()
    (tmp_path / "out.txt").write_text(done.stdout + metrics)
    assert done.returncode == 0, done.stdout[-3000:]
    statuses = [line for line in metrics.splitlines() if line.startswith("vtc_requests_total")]
    print("\n".join(statuses))
    assert not any('status="5' in line for line in statuses), statuses
