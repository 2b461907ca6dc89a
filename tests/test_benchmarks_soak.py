"""The soak of `benchmarks/soak.py`, in short: memory is not lost solve by solve."""

import importlib
import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    soak = importlib.import_module("soak")


async def test_memory_is_not_lost_solve_by_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtc_r1.renderers.cache.SHARED._kept.most_bytes", 2**20)
    monkeypatch.setattr("vtc_r1.renderers.foundry._MOST_PIXELS", 2**17)
    found = await soak.measure(soak.parse_arguments(["--minutes", "0.2"]))
    assert found.statuses == {"answered": found.solves} and found.solves >= 20
    assert found.pages >= found.solves
    assert found.peak - found.first < 120, found
    assert json.loads(json.dumps(vars(found)))["statuses"] == {"answered": found.solves}
