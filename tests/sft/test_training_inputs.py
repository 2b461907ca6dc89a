"""What training sees is what the loop sends: the same token ids and the same pixels, to the byte."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("pyarrow")

from tests.sft import tiny
from tests.sft.openr1 import built, row, write_jsonl
from vtc_r1.backends.base import Completion
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.iteration import Usage
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft import nano
from vtc_r1.sft.collate import IGNORED, Collator
from vtc_r1.sft.training.dataset import TrainingData
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.solver import Solver

pytestmark = pytest.mark.model

ROWS = [row(number, steps=9) for number in range(2)]
KINDS = {
    "nano": ("nano", "nano", 30),
    "qwen3-vl-8b": ("default", "vtc", 150),
    "glyph": ("glyph-en", "vtc", 150),
}


class Writing:
    """A backend that writes given segments, and keeps the prompts that it was given."""

    name = model = "writing"
    revision = None

    def __init__(self, segments):
        self.segments, self.prompts = list(segments), []

    async def generate(self, request):
        self.prompts.append(request.prompt)
        yield Completion(self.segments[len(self.prompts) - 1], "stop", Usage())

    async def check(self):
        pass

    async def aclose(self):
        pass


@pytest.fixture(scope="module", params=KINDS)
def kind(request, tmp_path_factory):
    """A recipe, and the encoder of a checkpoint of its family."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "nano":
        nano.write_processors(folder, nano.tokenizer())
    else:
        (tiny.qwen if request.param == "qwen3-vl-8b" else tiny.glm)(folder)
    return request.param, PromptEncoder(folder), folder


@pytest.mark.parametrize("memory", ["optical", "text", "hybrid"])
def test_the_loops_prompts_are_those_of_the_batch(kind, memory, tmp_path):
    name, encoder, _ = kind
    profile, prompts, budget = KINDS[name]
    built(
        write_jsonl(tmp_path / "rows.jsonl", ROWS),
        tmp_path / "data",
        profile=load_profile(profile),
        prompts=prompts,
        prompts_sha256=PromptSet(prompts).sha256,
        memory=memory,
        segment_tokens=budget,
        max_segments=30,
    )
    recipe = load_recipe(name, ["curriculum=false", f"data={tmp_path / 'data'}", "cutoff=100000"])
    data = TrainingData(recipe)
    examples = [data.built(at) for at in range(len(data)) if data.built(at).row == 0]
    assert len(examples) > 2
    backend = Writing(example.target for example in examples)
    solver = Solver(
        backend=backend, memory=memory, profile=profile, prompts=prompts, preset="vtc-r1", max_iterations=40
    )
    with solver:
        trace = solver.solve(ROWS[0]["problem"])
    assert (trace.status, trace.answer, len(backend.prompts)) == ("answered", "0", len(examples))
    sent = [encoder.encode(prompt) for prompt in backend.prompts]
    collator = Collator(encoder)
    batch = {key: value.numpy() for key, value in collator([data[at] for at in range(len(examples))]).items()}
    for ids, labels, prompt, example in zip(batch["input_ids"], batch["labels"], sent, examples, strict=True):
        target = collator.target_ids(example.target)
        assert ids[: len(prompt.ids)].tolist() == prompt.ids
        assert ids[len(prompt.ids) :][: len(target)].tolist() == target
        assert (labels[: len(prompt.ids)] == IGNORED).all()
    pixels = [prompt.pixels for prompt in sent if prompt.pixels is not None]
    assert bool(pixels) == (memory != "text") == ("pixel_values" in batch)
    if pixels:
        assert batch["pixel_values"].tobytes() == np.concatenate(pixels).tobytes()
        grids = np.concatenate([prompt.grids for prompt in sent if prompt.grids is not None])
        assert batch["image_grid_thw"].tobytes() == grids.tobytes()
    for prompt, example in zip(sent, examples, strict=True):
        assert prompt.vision_tokens == example.vision_tokens
