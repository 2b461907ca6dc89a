"""A checkpoint that training published is served as it is, and writes what it writes in this process."""

from pathlib import Path

import pytest

from tests.servers.running import sglang
from tests.sft import tiny
from tests.sft.openr1 import built, row, write_jsonl
from vtc_r1.backends.base import Backend, Completion, Request
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.backends.transformers import TransformersBackend
from vtc_r1.configuration import Sampling
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.run import train

pytestmark = pytest.mark.sglang


async def written(backend: Backend) -> Completion:
    """What the model writes, greedily, after a page."""
    pages = Renderer("default").render("Wait, 1 + 0 is 1.")
    prompt = PromptSet("vtc").render("What is 1 + 0?", pages, iteration=1)
    pieces = [piece async for piece in backend.generate(Request(prompt, Sampling(), max_tokens=12))]
    await backend.aclose()
    last = pieces[-1]
    assert isinstance(last, Completion)
    return last


async def test_merged_adapters_are_served_unmodified(python: str, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    rows = write_jsonl(tmp_path / "rows.jsonl", [row(number, steps=4) for number in range(2)])
    built(rows, tmp_path / "data", profile=load_profile("default"), segment_tokens=60)
    start = tiny.qwen(tmp_path / "tiny")
    settings = (f"model={start}", f"data={tmp_path / 'data'}", "steps=2", "accumulation=1", "workers=0")
    recipe = load_recipe("qwen3-vl-8b-lora", [*settings, "learning_rate=0.1"])
    checkpoint = train(recipe, tmp_path / "run", lambda told: None)
    here = await written(TransformersBackend(checkpoint))
    with sglang(python, tmp_path, checkpoint) as running:
        there = await written(OpenAIBackend(running.base_url, running.model))
    assert (there.text, there.usage.vision_tokens) == (here.text, here.usage.vision_tokens)
    assert here.usage.vision_tokens >= 64 and here.usage.completion_tokens > 1
