"""The outage of `benchmarks/outage.py`, in short: real processes, real sockets, a server that is killed."""

import importlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    outage = importlib.import_module("outage")


def test_an_outage_does_not_ruin_a_batch() -> None:
    words = ["--problems", "40", "--tokens", "50", "--pace", "0.1", "--down", "4", "--server-wait", "5"]
    found = outage.measure(outage.parse_arguments(words))
    assert [line for line in found.missed if "of a core" not in line] == []
    assert found.back.statuses == {"answered": 40}
    assert found.gone.statuses.keys() == {"answered", "away"} and found.gone.rows < 40
    assert "8 that failed are solved again: 8 server away" in found.second.said
