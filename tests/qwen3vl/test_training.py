"""Data that Qwen3-VL's tokenizer counted, and two steps of the shipped recipes on it."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")
pytest.importorskip("peft", reason="training needs the extra train")
pytest.importorskip("pyarrow")

from safetensors.torch import load_file

from tests.cli.command import vtc
from tests.sft.openr1 import row, write_jsonl
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.transformers import TransformersBackend
from vtc_r1.sft.collate import IGNORED, Collator
from vtc_r1.sft.training.dataset import TrainingData
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.run import train
from vtc_r1.solver import Solver

pytestmark = pytest.mark.training

SMALL = ("steps=2", "accumulation=1", "workers=0", "learning_rate=0.01")


@pytest.mark.parametrize("name", ["qwen3-vl-8b", "qwen3-vl-8b-lora"])
def test_two_steps_of_a_recipe_on_data_that_its_tokenizer_counted(
    qwen3vl: Path, tmp_path: Path, name: str
) -> None:
    rows = write_jsonl(tmp_path / "rows.jsonl", [row(number, steps=4) for number in range(2)])
    words = [
        "data",
        "build",
        "--source",
        rows,
        "--tokenizer",
        qwen3vl,
        "--segment-tokens",
        80,
        "--out",
        "data",
    ]
    done = vtc(*map(str, words), cwd=tmp_path)
    assert done.code == 0, done.err
    recipe = load_recipe(name, [f"model={qwen3vl}", f"data={tmp_path / 'data'}", *SMALL])
    data, encoder = TrainingData(recipe), PromptEncoder(qwen3vl)
    paged = data.first_with_pages()
    batch = Collator(encoder)([data[paged]])
    seen = encoder.encode(data[paged].prompt)
    ids, labels = batch["input_ids"][0].tolist(), batch["labels"][0].tolist()
    assert ids[: len(seen.ids)] == seen.ids and set(labels[: len(seen.ids)]) == {IGNORED}
    assert seen.pixels is not None and batch["pixel_values"].numpy().tobytes() == seen.pixels.tobytes()
    text = encoder.tokenizer.decode([token for token in ids if token != encoder.image_id])
    assert text.rpartition("assistant\n")[2].count("<think>") == 1
    built = data.built(paged)
    counted = len(encoder.tokenizer.encode(built.target, add_special_tokens=False))
    assert 0 <= built.target_tokens - counted <= 10  # every target counts with an answer
    assert built.vision_tokens == seen.vision_tokens
    checkpoint = train(recipe, tmp_path / "run", lambda told: None)
    before, after = load_file(qwen3vl / "model.safetensors"), load_file(checkpoint / "model.safetensors")
    changed = {key for key in before if not (before[key].to(after[key].dtype) == after[key]).all()}
    assert before.keys() == after.keys() and changed and not any("visual" in key for key in changed)
    few = {"segment_tokens": 8, "max_iterations": 2}
    with Solver(backend=TransformersBackend(checkpoint), prompts="vtc", **few) as solver:
        trace = solver.solve("What is 1 + 0?")
    assert trace.error is None and len(trace.iterations) >= 2
