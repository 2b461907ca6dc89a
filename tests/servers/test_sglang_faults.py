"""A real SGLang that is killed in the middle of solves, and what the doctor says of one."""

import threading
from pathlib import Path

import pytest

from tests.servers.conftest import in_order
from tests.servers.running import READY, Running, sglang
from vtc_r1 import Solver, Trace
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.eval.drawn import Problem
from vtc_r1.settings import Settings
from vtc_r1.sglang.check import Finding, examine
from vtc_r1.sglang.doctor import diagnose
from vtc_r1.sglang.served import ServedModel

pytestmark = pytest.mark.sglang


def findings(server: Running) -> dict[str, Finding]:
    settings = Settings.load(base_url=server.base_url, model=server.model)
    return {found.check: found for found in diagnose(settings, timeout=300)}


def many_pages(server: Running) -> Finding:
    """What one check says: the others ask a server as well that is to be killed."""
    settings = Settings.load(base_url=server.base_url, model=server.model)
    checks = ServedModel(settings, 300).checks()
    *_, last = examine(each for each in checks if each.essential or each.name == "many pages")
    return last


def test_the_doctor_finds_no_fault(server: Running) -> None:
    found = findings(server)
    assert [each for each in found.values() if each.outcome == "failed"] == []
    assert "held to the token" in found["cached prefixes"].seen
    assert found["cached prefixes"].outcome == "ok"
    assert found["pages apart"].outcome == "ok"
    assert "likelihood" in found["pages apart"].seen  # it reads no words
    assert found["many pages"].outcome == "ok"
    assert found["repeatable"].outcome == "ok"


def test_a_limit_of_images_is_found_and_a_kill_in_the_middle_loses_nothing(
    python: str, tmp_path: Path, drawn: list[Problem], embedded: list[Trace]
) -> None:
    few = ("--limit-mm-data-per-request", '{"image": 96}')
    with sglang(python, tmp_path, checkpoint(), more=few) as first:
        found = many_pages(first)
        assert found.outcome == "warning", found
        assert "refuses more than 96 images" in found.seen
        assert "--limit-mm-data-per-request" in str(found.remedy)
        base_url, model, port = first.base_url, first.model, first.port
        solved: list[Trace] = []
        with Solver(base_url=base_url, model=model, server_wait=READY) as solver:
            thread = threading.Thread(target=lambda: solved.extend(in_order(solver, drawn)))
            thread.start()
            assert first.busy_until(lambda busy: busy >= 2, 60) is not None
            first.kill()
            (tmp_path / "second").mkdir()
            with sglang(python, tmp_path / "second", checkpoint(), "--port", port):
                thread.join()
    assert [(trace.status, trace.answer) for trace in solved] == [
        (trace.status, trace.answer) for trace in embedded
    ]
    assert max(done.attempts for trace in solved for done in trace.iterations) > 1
