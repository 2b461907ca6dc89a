"""A checkpoint that training published is served as it is, and writes what it writes in this process."""

from pathlib import Path

import pytest

from tests.servers.running import sglang
from tests.sft import tiny
from tests.sft.openr1 import built, row, write_jsonl
from vtc_r1 import Solver
from vtc_r1.renderers import load_profile
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.run import train

pytestmark = [pytest.mark.sglang, pytest.mark.slow]


def test_merged_adapters_are_served_unmodified(python: str, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    rows = write_jsonl(tmp_path / "rows.jsonl", [row(number, steps=4) for number in range(2)])
    built(rows, tmp_path / "data", profile=load_profile("default"), segment_tokens=60)
    start = tiny.qwen(tmp_path / "tiny")
    settings = (f"model={start}", f"data={tmp_path / 'data'}", "steps=2", "accumulation=1", "workers=0")
    recipe = load_recipe("qwen3-vl-8b-lora", [*settings, "learning_rate=0.1"])
    checkpoint = train(recipe, tmp_path / "run", lambda told: None)
    loop = {"preset": "vtc-r1", "profile": "default", "sampling": {"temperature": 0.0}}
    few = {"max_iterations": 2, "segment_tokens": 12}
    with Solver(model=str(checkpoint), **loop, **few) as solver:  # type: ignore[arg-type]
        here = solver.solve("What is 1 + 0?")
    with (
        sglang(python, tmp_path, checkpoint) as running,
        Solver(base_url=running.base_url, model=running.model, **loop, **few) as solver,  # type: ignore[arg-type]
    ):
        there = solver.solve("What is 1 + 0?")
    assert here.error is None and here.usage.vision_tokens > 0
    assert [each.text for each in there.iterations] == [each.text for each in here.iterations]
    assert there.usage.vision_tokens == here.usage.vision_tokens
