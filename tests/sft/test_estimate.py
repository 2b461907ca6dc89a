"""What a training would take, from the recipe alone: hours, bytes, and what does not fit."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from tests.sft.openr1 import built, write_six
from vtc_r1.errors import UsageError
from vtc_r1.renderers import load_profile
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.training.estimate import GPU_COUNTS, MACHINE, Estimate, estimate, model_shape, paper
from vtc_r1.sft.training.footprint import FULL, HALF, footprint, trained_weights
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.workload import PAPER_EXAMPLES, Workload, assumed, workload_of
from vtc_r1.sglang.gpus import GPUS
from vtc_r1.sglang.shapes import SHAPES

H100, H200, EIGHT = GPUS["h100"], GPUS["h200"], SHAPES["qwen3-vl-8b"]


def full(*settings: str) -> Recipe:
    return load_recipe("qwen3-vl-8b", settings)


def of(length: int, examples: int, *, target: int | None = None) -> Workload:
    """Examples of one length without pages."""
    whole = np.full(examples, length)
    return Workload(whole, whole if target is None else np.full(examples, target), 0 * whole, 0, 0.0, "made")


def test_bytes_of_a_full_training_by_hand() -> None:
    recipe, weights = full(), EIGHT.layer_parameters + 2 * 151_936 * 4096
    one = footprint(recipe, EIGHT, 1, 4096, 4096, 0)
    frozen = EIGHT.parameters - weights
    assert one.weights == 4 * weights + 2 * frozen
    assert one.gradients == 4 * weights and one.optimizer == 8 * weights
    layer = 26 * 4096 + 8 * 12_288 + (10 * 128 + 10) * 40
    assert one.kept == 4096 * 36 * layer
    assert one.recomputed == 4096 * (36 * 4 * 4096 + layer) == one.activations
    logits = 2**26 * 16 + 4 * 4096 * 3 * 4096  # a part of them, and states of all positions
    assert one.work == 2 * weights + logits
    eight = footprint(recipe, EIGHT, 8, 4096, 4096, 0)
    assert (eight.weights, eight.optimizer) == (one.weights / 8, one.optimizer / 8)
    assert eight.gradients == one.gradients / 8 + 2 * weights  # whole while passes are accumulated
    assert footprint(full("accumulation=1"), EIGHT, 8, 4096, 4096, 0).gradients == one.gradients / 8


def test_adapters_and_muon_need_less() -> None:
    lora = load_recipe("qwen3-vl-8b-lora", [])
    wide, inner = 4096, 12_288
    sides = (wide + wide) * 2 + (wide + 1024) * 2 + (wide + inner) * 3
    assert trained_weights(lora, EIGHT) == (36 * 32 * sides, 0)
    found = footprint(lora, EIGHT, 1, 4096, 4096, 0)
    assert (
        found.optimizer == 8 * 36 * 32 * sides and found.weights - 4 * 36 * 32 * sides == EIGHT.weight_bytes
    )
    muon = footprint(full("optimizer=muon", "precision=fp32"), EIGHT, 8, 64, 64, 0)
    adamw = footprint(full("precision=fp32"), EIGHT, 1, 64, 64, 0)
    assert muon.weights == adamw.weights  # not spread: it needs whole matrices
    assert muon.optimizer < 0.6 * adamw.optimizer and muon.gradients == 2 * adamw.gradients


def test_more_gpus_take_less_of_each_and_as_much_in_all() -> None:
    work = of(4096, 64 * 50)
    found = [estimate(full(), work, H200, gpus) for gpus in GPU_COUNTS]
    sizes = [one.bytes for one in found]
    assert sizes == sorted(sizes, reverse=True)
    assert found[0].gpu_hours == pytest.approx(found[-1].gpu_hours, rel=1e-6)
    operations = 8 * EIGHT.layer_parameters * 4096 + 8 * EIGHT.head_parameters * 4096
    operations += 4 * EIGHT.attention_flops(4096, 2048)
    assert found[0].hours == pytest.approx(work.tokens.size * operations / (989e12 * 0.35) / 3600)
    assert found[0].steps == 64 * 50 / 8 and found[-1].steps == 7


def test_short_passes_wait_for_the_weights_and_long_ones_do_not() -> None:
    short, long = (estimate(full(), of(length, 512), H100, MACHINE) for length in (64, 8192))
    assert short.computing < 0.5 and long.computing == 1
    assert short.gpu_hours > 2 * estimate(full(), of(64, 512), H100, 1).gpu_hours


def test_everybody_waits_for_the_longest_of_a_pass() -> None:
    lengths = np.array([8000, 100] * 8)
    mixed = Workload(lengths, lengths, 0 * lengths, 0, 0.0, "made")
    alone, both = (estimate(full(f"batch={size}"), mixed, H200, 1).hours for size in (1, 16))
    assert both > 1.8 * alone
    assert estimate(full(), replace(mixed, tokens=lengths[:3]), H200, 2).hours > alone / 8


def test_what_does_not_fit_is_said() -> None:
    work = of(4096, 64)
    one, two = (estimate(full(), work, H200, gpus) for gpus in (1, 2))
    assert not one.fits and two.fits and two.at_cutoff.total > two.bytes
    kept = estimate(full("gradient_checkpointing=false"), of(30_000, 64), H200, 2)
    assert not kept.fits and kept.fits_otherwise
    assert kept.footprint.activations == kept.footprint.kept > 10 * kept.footprint.recomputed


def test_lengths_are_those_of_the_data_where_it_is_there(tmp_path: Path) -> None:
    built(write_six(tmp_path), tmp_path / "data", profile=load_profile("default"), segment_tokens=60)
    examples = [*BuiltDataset(tmp_path / "data")]
    recipe = full(f"data={tmp_path / 'data'}")
    found = estimate(recipe, None, H200, 1)
    assert found.examples == len(examples) and found.source.startswith(f"counted in {tmp_path / 'data'} (")
    assert found.targets == sum(example.target_tokens for example in examples)
    around = found.tokens - sum(example.tokens for example in examples)
    assert 60 * len(examples) < around < 140 * len(examples)  # the prompt set's texts and the template
    firsts = [example.tokens - example.target_tokens for example in examples if example.segment == 0]
    assert 0 < found.repeated * found.tokens < found.tokens - found.targets - sum(firsts)
    lengths = sorted(workload_of(recipe).tokens)
    cut = estimate(full("cutoff=280"), [tmp_path / "data"], H200, 1)
    assert cut.left_out == sum(length > 280 for length in lengths) > 0
    assert cut.examples + cut.left_out == found.examples and cut.longest <= 280
    absent = estimate(full("data=absent"), None, H200, 1)
    assert absent.source.startswith("absent: not built yet; assumed: ") and absent.examples > 100_000


def test_assumed_examples_are_as_many_as_the_papers() -> None:
    work = assumed(full(), 3.4)
    assert len(work) == pytest.approx(PAPER_EXAMPLES, rel=1e-3)
    assert 250e6 < work.targets.sum() < 400e6 and work.vision.max() == round(7 * 4096 / 3.4)
    repeated = 45_300 * (4096 / 3.4 * 0.75 + 220)  # prompts after the first, which repeat it and its pages
    assert work.repeated == pytest.approx(repeated / work.tokens.sum(), rel=0.3)
    assert assumed(full(), 9.6).repeated < work.repeated
    found = paper(H100, 8)
    assert isinstance(found, Estimate) and 1 < found.hours < 18.93


def test_what_cannot_be_estimated_is_named() -> None:
    with pytest.raises(UsageError, match="generates its examples during training"):
        estimate(load_recipe("nano", []), None, H100, 1)
    with pytest.raises(UsageError, match="the shape of zai-org/Glyph is unknown: known are qwen3-vl-2b"):
        estimate(load_recipe("glyph", []), None, H100, 1)
    with pytest.raises(UsageError, match="recipe nano-tune: without data"):
        estimate(load_recipe("nano-tune", []), None, H100, 1)
    with pytest.raises(UsageError, match="0 GPUs"):
        estimate(full(), None, H100, 0)
    assert model_shape(load_recipe("nano-tune", [])).layers == 4
    for name in ("Qwen/Qwen3-VL-8B-Thinking", "qwen3-vl-8b", "someone/Qwen3-VL-8B-Instruct-FP8"):
        assert model_shape(full(f"model={name}")) == EIGHT
    with pytest.raises(UsageError, match="unknown"):
        model_shape(full("model=Qwen/Qwen3-VL-80B"))


COUNTED = (("fp32", "fp32", False), ("autocast", "fp32", True), ("bf16", "bf16", True))


@pytest.mark.model
@pytest.mark.parametrize(("way", "weights", "autocast"), COUNTED)
def test_activations_are_those_that_torch_keeps(way: str, weights: str, autocast: bool) -> None:
    """What one layer more keeps, and one block of the vision tower, by the storages that torch saves."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from vtc_r1.sft.training.footprint import _KEPT

    shape = replace(
        EIGHT, layers=1, hidden=96, heads=4, kv_heads=2, head_dim=32, intermediate=160, vocabulary=512
    )
    shape = replace(shape, vision=replace(EIGHT.vision, depth=1, hidden=64, intermediate=96, out=96))
    dtype = torch.float32 if weights == "fp32" else torch.bfloat16
    two = replace(shape, layers=2, vision=replace(shape.vision, depth=2))
    text, pages = (
        [_kept(each, dtype, autocast, part) for each in (shape, two)] for part in ("text", "vision")
    )
    copies = HALF if way == "autocast" else 0  # of weights in bf16, which the estimate counts as work
    layer = (text[1] - text[0] - copies * shape.layer_parameters) / 512
    block = (pages[1] - pages[0] - copies * shape.vision.block_parameters) / 64
    assert layer == pytest.approx(_KEPT[way].layer(shape), rel=0.03)
    assert block == pytest.approx(_KEPT[way].block(shape), rel=0.05 if way != "bf16" else 0.3)


def _kept(shape, dtype, autocast: bool, part: str) -> int:
    """Bytes that a forward pass of random weights keeps, of the language model or the vision tower."""
    import torch
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    eye = shape.vision
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": shape.vocabulary,
            "hidden_size": shape.hidden,
            "intermediate_size": shape.intermediate,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.kv_heads,
            "head_dim": shape.head_dim,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10_000.0,
                "mrope_section": [8, 4, 4],
                "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": eye.depth,
            "hidden_size": eye.hidden,
            "intermediate_size": eye.intermediate,
            "num_heads": 2,
            "out_hidden_size": eye.out,
            "deepstack_visual_indexes": [0],
        },
        image_token_id=500,
        video_token_id=501,
        vision_start_token_id=502,
        vision_end_token_id=503,
    )
    model = Qwen3VLForConditionalGeneration(config).to(dtype).train().model
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.randint(0, 500, (1, 512))
    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        if part == "text":
            model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
        else:
            model.visual(torch.randn(256, 1536, dtype=dtype), grid_thw=torch.tensor([[1, 16, 16]]))
    return sum(each.untyped_storage().nbytes() for at, each in kept.items() if at not in weights)


def test_nothing_heavy_is_imported() -> None:
    before = set(sys.modules)
    estimate(full(), None, H100, 8)
    assert not {"torch", "transformers", "accelerate"} & (set(sys.modules) - before)
    assert json.dumps(estimate(full(), None, H100, 8).hours) and FULL == 2 * HALF
