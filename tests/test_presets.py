"""Which preset belongs to which model."""

import pytest

from vtc_r1.errors import UnknownName
from vtc_r1.presets import PRESETS, preset, preset_for
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers.profile import load_profile

CHOICES = {
    "nano": "nano",
    "checkpoints/nano": "nano",
    "VTC-R1-Glyph": "vtc-r1-glyph",
    "yibowang214/vtc_r1_glyph": "vtc-r1-glyph",
    "VTC-R1-Qwen3-VL-8B": "vtc-r1",
    "models/vtcr1": "vtc-r1",
    "zai-org/Glyph": "glyph",
    "zai-org/Glyph-FP8": "glyph",
    "Qwen/Qwen3-VL-8B-Thinking": "qwen3-vl-thinking",
    "Qwen/Qwen3-VL-8B-Instruct": "qwen3-vl-instruct",
    "something/else": "qwen3-vl-instruct",
}


@pytest.mark.parametrize(("model", "name"), CHOICES.items())
def test_a_models_name_tells_its_preset(model: str, name: str) -> None:
    assert preset_for(model).name == name


def test_every_preset_is_chosen_by_some_name() -> None:
    assert set(CHOICES.values()) == PRESETS.keys()


@pytest.mark.parametrize("name", PRESETS)
def test_what_a_preset_names_exists(name: str) -> None:
    found = preset(name)
    assert load_profile(found.profile).name == found.profile
    assert PromptSet(found.prompts, None).name == found.prompts


def test_glyphs_counts_the_papers_page_by_its_own_family() -> None:
    paper, glyph = load_profile("paper"), load_profile(preset("vtc-r1-glyph").profile)
    assert (paper.family, glyph.family) == ("qwen3-vl", "glm-4.1v")
    assert paper.replace(family="glm-4.1v").sha256 == glyph.sha256


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(UnknownName, match="did you mean 'glyph'"):
        preset("glyf")
