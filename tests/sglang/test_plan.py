"""Shapes, rooflines and plans against figures worked out by hand."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.errors import CheckpointError, UnknownName, UsageError
from vtc_r1.sglang.gpus import GPUS, gpu_named
from vtc_r1.sglang.plan import MEMORIES, Load, estimate, pays_from, plan
from vtc_r1.sglang.roofline import Roofline
from vtc_r1.sglang.shapes import SHAPES, shape_of

EIGHT = SHAPES["qwen3-vl-8b"]
ROOFLINE = Roofline(EIGHT, GPUS["h200"])
NANO = Path(__file__).parents[2] / "vtc_r1" / "backends" / "nano"


@pytest.mark.parametrize(
    ("name", "kv_bytes", "billions"),
    [
        ("qwen3-vl-2b", 2 * 28 * 8 * 128 * 2, 2.13),
        ("qwen3-vl-4b", 2 * 36 * 8 * 128 * 2, 4.44),
        ("qwen3-vl-8b", 147_456, 8.77),
        ("qwen3-vl-32b", 2 * 64 * 8 * 128 * 2, 33.4),
    ],
)
def test_sizes_are_those_of_the_published_checkpoints(name: str, kv_bytes: int, billions: float) -> None:
    assert SHAPES[name].kv_bytes == kv_bytes
    assert SHAPES[name].parameters / 1e9 == pytest.approx(billions, rel=0.005)


def test_a_layer_of_the_8b_by_hand() -> None:
    attention = 4096 * 4096 * 2 + 4096 * 1024 * 2
    assert EIGHT.layer_parameters == 36 * (attention + 3 * 4096 * 12_288)
    assert EIGHT.step_bytes == 2 * (EIGHT.layer_parameters + 151_936 * 4096)


def test_a_checkpoint_has_the_parameters_in_its_file() -> None:
    shape = shape_of(str(NANO))
    raw = (NANO / "model.safetensors").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    matrices = {
        name: math.prod(entry["shape"])
        for name, entry in header.items()
        if len(entry.get("shape", ())) == 2 and "pos_embed" not in name
    }
    assert shape.tied
    assert shape.parameters == sum(matrices.values())
    assert shape_of(str(NANO / "config.json")).kv_bytes == 2 * 4 * 4 * 32 * 2


def test_alone_decoding_reads_the_weights_once_a_token() -> None:
    bare = replace(ROOFLINE, bandwidth=1.0, step_seconds=0.0)
    assert bare.decode(1, 0) == pytest.approx(EIGHT.step_bytes / 4.8e12)
    assert bare.decode(1, 1000) - bare.decode(1, 0) == pytest.approx(147_456_000 / 4.8e12)
    assert bare.decode(64, 0) == bare.decode(1, 0)
    assert bare.decode(4096, 0) == pytest.approx(4096 * EIGHT.step_bytes / (989e12 * 0.6))


def test_a_long_prefill_computes_all_matrices_and_half_the_square() -> None:
    bare = replace(ROOFLINE, compute=1.0, step_seconds=0.0)
    matrices = 2 * EIGHT.layer_parameters * 8192 + 2 * 151_936 * 4096
    attention = 4 * 36 * 4096 * 8192 * 4096
    assert bare.prefill([(8192, 0)]) == pytest.approx((matrices + attention) / 989e12)
    assert bare.prefill([(1, 0)]) >= EIGHT.step_bytes / (4.8e12 * 0.8)


def test_pages_cost_by_the_page() -> None:
    assert ROOFLINE.vision(0) == 0
    assert ROOFLINE.vision(5 * 588) == pytest.approx(5 * ROOFLINE.vision(588))
    patches = 588 * 4
    blocks = 27 * (4 * 1152**2 + 2 * 1152 * 4304) * 2 * patches + 27 * 4 * 1152 * patches**2
    mergers = 4 * (4608**2 + 4608 * 4096) * 2 * 588
    assert ROOFLINE.vision(588) == pytest.approx((blocks + mergers) / (989e12 * 0.35))


def test_kv_cache_of_64_solves_of_16384_tokens_by_hand() -> None:
    load = Load(concurrency=64, compression=8, segment_tokens=4096)
    single, text, optical = (estimate(ROOFLINE, load, memory, 16_384) for memory in MEMORIES)
    assert single.kv_bytes == text.kv_bytes == 64 * (200 + 30 + 16_384) * 147_456
    assert optical.kv_bytes == 64 * (200 + 30 + 3 * 4096 // 8 + 4096) * 147_456
    assert (single.iterations, text.iterations, optical.iterations) == (1, 4, 4)
    assert (single.prefilled, text.prefilled) == (230, 200 + 3 * 4096 + 4 * 30)
    assert optical.prefilled == 200 + 3 * 512 + 4 * 30
    room = (141e9 * 0.85 - EIGHT.weight_bytes) // 147_456
    assert (single.fits, optical.fits) == (False, True)
    assert single.at_once == room // 16_614


def test_short_reasoning_gains_nothing() -> None:
    load = Load(segment_tokens=4096)
    costs = {estimate(ROOFLINE, load, memory, 4096).solve_seconds for memory in MEMORIES}
    assert len(costs) == 1


@many_examples(40)
@given(
    st.sampled_from(sorted(SHAPES)),
    st.integers(1, 300),
    st.floats(1, 20),
    st.sampled_from([1024, 4096]),
)
@pytest.mark.slow
def test_pages_pay_from_where_it_is_said(
    name: str, concurrency: int, compression: float, segment: int
) -> None:
    roofline, load = Roofline(SHAPES[name], GPUS["b200"]), Load(concurrency, compression, segment)
    start = pays_from(roofline, load)

    def gain(length: int) -> float:
        optical, single = (
            estimate(roofline, load, memory, length).solves_a_second for memory in ("optical", "single")
        )
        return optical - single

    if start is None:
        assert gain(131_072) <= 0
    else:
        assert start > segment
        assert gain(start) > 0
        assert gain(start - 256) <= 0


def test_pages_that_cost_as_much_as_text_do_not_pay() -> None:
    assert pays_from(ROOFLINE, Load(compression=0.9)) is None
    ratios = [pays_from(ROOFLINE, Load(concurrency=1, compression=ratio)) for ratio in (7.6, 1.1)]
    assert None not in ratios and ratios[0] < ratios[1]  # type: ignore[operator]


def test_more_compression_is_never_slower() -> None:
    for length in (8_192, 32_768):
        speeds = [
            estimate(ROOFLINE, Load(compression=ratio), "optical", length).solves_a_second
            for ratio in (1.5, 3.4, 7.6)
        ]
        assert speeds == sorted(speeds)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match=r"needs 66\.7 GB .* tiny has 34\.0 GB"):
        plan(
            Roofline(SHAPES["qwen3-vl-32b"], replace(GPUS["h100"], name="tiny", memory=40e9)), Load(), [4096]
        )
    with pytest.raises(UsageError, match="10000000 reasoning tokens as single"):
        plan(ROOFLINE, Load(), [10_000_000])


def test_names() -> None:
    assert gpu_named("H100").bandwidth == 3.35e12
    with pytest.raises(UnknownName, match="did you mean 'h200'"):
        gpu_named("h20")
    with pytest.raises(UnknownName, match="did you mean 'qwen3-vl-8b'"):
        shape_of("qwen3-vl-9b")


@pytest.mark.parametrize(
    "changed",
    [{"concurrency": 0}, {"compression": -1.0}, {"compression": float("nan")}, {"segment_tokens": 0}],
)
def test_nonsense_numbers_are_refused(changed: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(changed))):
        Load(**changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"text_config": {}, "vision_config": {}}', b"\xff"])
def test_a_configuration_of_another_kind_is_refused(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CheckpointError, match=r"config\.json: "):
        shape_of(str(tmp_path))


def test_a_mixture_of_experts_is_refused(tmp_path: Path) -> None:
    found = json.loads((NANO / "config.json").read_text("utf-8"))
    found["text_config"]["num_experts"] = 8
    (tmp_path / "config.json").write_text(json.dumps(found), "utf-8")
    with pytest.raises(CheckpointError, match="mixture of experts"):
        shape_of(str(tmp_path))


@pytest.mark.parametrize(
    "change", [{"layer_types": ["linear_attention", "full_attention"]}, {"full_attention_interval": 4}]
)
def test_a_hybrid_model_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    found = json.loads((NANO / "config.json").read_text("utf-8"))
    found["text_config"] |= {"layer_types": ["full_attention"]}
    (tmp_path / "config.json").write_text(json.dumps(found), "utf-8")
    assert shape_of(str(tmp_path)).layers == 4
    found["text_config"] |= change
    (tmp_path / "config.json").write_text(json.dumps(found), "utf-8")
    with pytest.raises(CheckpointError, match=r"a hybrid model: .* cached at checkpoints only"):
        shape_of(str(tmp_path))
