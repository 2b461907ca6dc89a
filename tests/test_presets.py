"""Which preset belongs to which model."""

import json
from pathlib import Path

import pytest

from vtc_r1.errors import UnknownName
from vtc_r1.presets import PRESETS, UNKNOWN, preset, preset_for
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers.profile import load_profile

CHOICES = {
    "nano": "nano",
    "checkpoints/nano": "nano",
    "vtc-r1-nano-open": "nano-open",
    "VTC-R1-Glyph": "vtc-r1-glyph",
    "yibowang214/vtc_r1_glyph": "vtc-r1-glyph",
    "VTC-R1-Qwen3-VL-8B": "vtc-r1",
    "models/vtcr1": "vtc-r1",
    "zai-org/Glyph": "glyph",
    "zai-org/Glyph-FP8": "glyph",
    "Qwen/Qwen3-VL-8B-Thinking": "qwen3-vl-thinking",
    "Qwen/Qwen3-VL-8B-Instruct": "qwen3-vl-instruct",
    "Qwen/Qwen3.5-9B": "qwen3.5",
    "qwen3_6-27b": "qwen3.5",
    "Qwen/Qwen3.8-35B-A3B": "qwen3.5",
    "Qwen/Qwen2.5-VL-7B-Instruct": "qwen2.5-vl",
    "zai-org/GLM-4.6V-Flash": "glm-4.6v",
    "THUDM/GLM-4.1V-9B-Thinking": "glm-4.1v",
    "google/gemma-4-31B-it": "gemma-4",
    "OpenGVLab/InternVL3_5-8B": "internvl",
    "deepseek-ai/DeepSeek-OCR-2": "deepseek-ocr-2",
    "deepseek-ai/DeepSeek-OCR": "deepseek-ocr",
    "gpt-4o-mini-2024-07-18": "gpt-4o-mini",
    "openai/gpt-4o-2024-08-06": "gpt-4o",
    "gpt-4.1-mini": "gpt-4.1-mini",
    "gpt-4.1-nano": "gpt-4.1-nano",
    "gpt-4.1-2025-04-14": "gpt-4.1",
    "o4-mini": "o4-mini",
    "o3-2025-04-16": "o3",
    "gpt-5-mini": "gpt-5-mini",
    "gpt-5-nano": "gpt-5-nano",
    "gpt-5-2025-08-07": "gpt-5",
    "gpt-5.2": "gpt-5.2",
    "gpt-5.6-luna": "gpt-5.5",
    "gpt-6.1-sol": "gpt-6",
    "claude-opus-5-5": "claude-5.5",
    "claude-opus-4-8": "claude-5",
    "claude-sonnet-5-20260101": "claude-5",
    "anthropic/claude-haiku-4-5-20251001": "claude",
    "claude-3-5-sonnet-20241022": "claude",
    "models/gemini-3.1-pro-preview": "gemini-3",
    "gemini-2.5-flash": "gemini-2",
    "something/else": "unknown",
    "default": "unknown",
    "Qwen/Qwen3-8B": "unknown",
    "meta-llama/Llama-3.2-11B-Vision-Instruct-thinking": "unknown",
    "gpt-5.4-mini": "unknown",
    "gpt-oss-120b": "unknown",
    "gemini-3-pro-image": "unknown",
    "claude-9": "unknown",
}


@pytest.mark.parametrize(("model", "name"), CHOICES.items())
def test_a_models_name_tells_its_preset(model: str, name: str) -> None:
    assert preset_for(model).name == name


def test_every_preset_is_chosen_by_some_name() -> None:
    assert set(CHOICES.values()) == PRESETS.keys() | {UNKNOWN.name}


@pytest.mark.parametrize("name", PRESETS)
def test_what_a_preset_names_exists(name: str) -> None:
    found = preset(name)
    assert load_profile(found.profile).name == found.profile
    assert PromptSet(found.prompts, None).name == found.prompts


TYPES = {
    "qwen3_vl": "qwen3-vl-instruct",
    "qwen3_vl_moe": "qwen3-vl-instruct",
    "qwen3_5": "qwen3.5",
    "qwen3_5_moe": "qwen3.5",
    "qwen2_5_vl": "qwen2.5-vl",
    "glm4v": "glm-4.1v",
    "glm46v": "glm-4.6v",
    "gemma4": "gemma-4",
    "internvl": "internvl",
    "deepseek_ocr2": "deepseek-ocr-2",
    "llava": "unknown",
}


@pytest.mark.parametrize(("kind", "name"), TYPES.items())
def test_a_folders_configuration_tells_its_preset(tmp_path: Path, kind: str, name: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    assert preset_for(str(tmp_path)).name == name


@pytest.mark.parametrize("kind", ["gemma4", "llava"])
def test_a_configuration_of_another_type_counts_more_than_the_name(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "Qwen3-VL-8B-Instruct"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": kind}))
    assert preset_for(str(folder)).name == TYPES[kind]


@pytest.mark.parametrize("name", ["nano", "VTC-R1-8B", "my-qwen3-vl-thinking"])
def test_a_name_says_more_than_a_type_that_agrees(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen3_vl"}))
    assert preset_for(str(folder)).name == CHOICES.get(name, preset_for(name).name) != "qwen3-vl-instruct"


def test_the_class_tells_where_the_type_is_absent() -> None:
    config = {"architectures": ["Qwen3_5ForConditionalGeneration"]}
    assert preset_for("default", config).name == "qwen3.5"
    assert preset_for("default", {"architectures": ["Glm46VForConditionalGeneration"]}).name == "glm-4.6v"
    assert preset_for("default", {"architectures": "no list"}).name == "unknown"


def test_a_template_that_opens_the_thinking_is_of_a_thinking_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "qwen3_vl"}))
    (tmp_path / "chat_template.jinja").write_text("{{ '<|im_start|>assistant\n<think>\n' }}")
    assert preset_for(str(tmp_path)).name == "qwen3-vl-thinking"


@pytest.mark.parametrize("text", ["{", "[]", '{"model_type": 3}', ""])
def test_a_configuration_that_cannot_be_read_tells_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert preset_for(str(tmp_path)).name == "unknown"


@pytest.mark.parametrize("name", PRESETS)
def test_the_page_of_a_preset_is_not_resampled(name: str) -> None:
    if name in ("vtc-r1", "vtc-r1-glyph", "glyph"):
        pytest.skip("trained on a page that its processor resamples")
    page = preset(name).drawn(None)
    assert page.vision.resized(page.width, page.height) == (page.width, page.height)


def test_a_model_counts_by_its_own_family_whatever_the_page() -> None:
    assert preset("gpt-5").drawn("default").family == "openai-tiles-70"
    assert UNKNOWN.drawn("paper").family == "unknown"
    assert preset("qwen3-vl-instruct").drawn("glyph-en").family == "glm-4.1v"


def test_glyphs_counts_the_papers_page_by_its_own_family() -> None:
    paper, glyph = load_profile("paper"), load_profile(preset("vtc-r1-glyph").profile)
    assert (paper.family, glyph.family) == ("qwen3-vl", "glm-4.1v")
    assert paper.replace(family="glm-4.1v").sha256 == glyph.sha256


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(UnknownName, match="did you mean 'glyph'"):
        preset("glyf")
