import json
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vtc_r1
from vtc_r1.errors import CheckpointError, UnknownName
from vtc_r1.renderers.vision import FAMILIES, family, from_checkpoint

EMBEDDED = Path(vtc_r1.__file__).parent / "backends" / "nano" / "preprocessor_config.json"
QWEN25 = {"min_pixels": 3_136, "max_pixels": 12_845_056, "patch_size": 14, "merge_size": 2}
QWEN3 = {"size": {"shortest_edge": 65_536, "longest_edge": 16_777_216}, "patch_size": 16, "merge_size": 2}
GLM = {
    "size": {"shortest_edge": 12_544, "longest_edge": 11_760_000},
    "patch_size": 14,
    "merge_size": 2,
    "temporal_patch_size": 2,
}
counts = st.integers(1, 10**8)


def test_glm46s_published_bounds_are_over_its_two_frames():
    size = {"shortest_edge": 12_544, "longest_edge": 9_633_792}
    assert from_checkpoint("glm-4.6v", {**GLM, "size": size}) == family("glm-4.6v")


@pytest.mark.parametrize(("name", "config"), [("qwen3-vl", QWEN3), ("qwen2.5-vl", QWEN25), ("glm-4.1v", GLM)])
def test_a_published_configuration_gives_the_known_family(name, config):
    assert from_checkpoint(name, config) == family(name)


def test_the_embedded_models_configuration_gives_its_family():
    assert from_checkpoint("nano", json.loads(EMBEDDED.read_text())) == family("nano")


@given(low=counts, more=counts, patch=st.integers(1, 64), merge=st.integers(1, 8))
def test_every_value_comes_from_the_configuration(low, more, patch, merge):
    size = {"shortest_edge": low, "longest_edge": low + more}
    vision = from_checkpoint("qwen3-vl", {"size": size, "patch_size": patch, "merge_size": merge})
    assert (vision.grid, vision.min_pixels, vision.max_pixels) == (patch * merge, low, low + more)


@pytest.mark.model
def test_own_bounds_of_glm_agree_with_its_processor():
    module = pytest.importorskip("transformers.models.glm4v.image_processing_pil_glm4v")
    size = {"shortest_edge": 50_000, "longest_edge": 900_000}
    processor = module.Glm4vImageProcessorPil(size=size)
    vision = from_checkpoint("glm-4.1v", {**GLM, "size": size})
    for page in [(595, 842), (3_000, 20), (5, 90), (900, 1_300)]:
        assert vision.tokens(*page) == processor.get_number_of_image_patches(*page[::-1]) // 4


@pytest.mark.model
def test_min_and_max_pixels_come_before_size_as_in_the_processor():
    module = pytest.importorskip("transformers.models.qwen2_vl.image_processing_pil_qwen2_vl")
    both = {**QWEN3, "min_pixels": 4_096, "max_pixels": 40_960}
    vision = from_checkpoint("qwen3-vl", both)
    theirs = module.Qwen2VLImageProcessorPil(**deepcopy(both)).size
    assert (vision.min_pixels, vision.max_pixels) == (theirs["shortest_edge"], theirs["longest_edge"])


def test_null_stands_for_absent():
    nulls = {**QWEN3, "min_pixels": None, "max_pixels": None}
    assert from_checkpoint("qwen3-vl", nulls) == family("qwen3-vl")


@pytest.mark.parametrize("name", [name for name in FAMILIES if name.startswith("deepseek")])
def test_a_deepseek_mode_is_no_matter_of_the_checkpoint(name):
    assert from_checkpoint(name, {}) == family(name)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("qwen3-vl", {"patch_size": "16"}, "patch_size is '16'"),
        ("qwen3-vl", {"merge_size": 0}, "merge_size is 0"),
        ("qwen3-vl", {"merge_size": True}, "merge_size is True"),
        ("qwen3-vl", {"patch_size": 16.5}, "patch_size is 16.5"),
        ("qwen3-vl", {"size": 224}, "size is 224"),
        ("qwen3-vl", {"size": {"shortest_edge": -1, "longest_edge": 9}}, "size.shortest_edge is -1"),
        ("qwen3-vl", {"size": {"shortest_edge": 9}}, "size.longest_edge is absent"),
        ("qwen3-vl", {"size": None}, "size.shortest_edge is absent"),
        ("qwen3-vl", {"min_pixels": "few"}, "min_pixels is 'few'"),
        ("qwen3-vl", {"min_pixels": 10, "max_pixels": 9}, "the least area 10 is over the largest, 9"),
        ("glm-4.1v", {"size": None, "min_pixels": 1, "max_pixels": 9}, "size.shortest_edge is absent"),
        ("glm-4.1v", {"temporal_patch_size": 3}, "size 12544 is not a multiple of temporal_patch_size 3"),
    ],
)
def test_a_broken_configuration_says_which_key_and_what_to_do(name, change, said):
    config = {**(GLM if name == "glm-4.1v" else QWEN3), **change}
    with pytest.raises(CheckpointError) as caught:
        from_checkpoint(name, config)
    message = str(caught.value)
    assert said in message
    assert f"for {name}" in message and "compare with the preprocessor_config.json" in message
    assert "\n" not in message


@pytest.mark.parametrize("key", ["patch_size", "merge_size"])
def test_an_absent_key_is_named(key):
    with pytest.raises(CheckpointError, match=f"{key} is absent"):
        from_checkpoint("qwen3-vl", {name: value for name, value in QWEN3.items() if name != key})


@pytest.mark.parametrize("config", [[], "patch_size", None, 3])
def test_what_is_no_object_is_refused(config):
    with pytest.raises(CheckpointError, match="the configuration is"):
        from_checkpoint("qwen3-vl", config)


def test_unknown_family_suggests_the_nearest():
    with pytest.raises(UnknownName, match=r"did you mean 'glm-4\.[16]v'"):
        from_checkpoint("glm-4v", {})
