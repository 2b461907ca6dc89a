import random

import pytest

from vtc_r1.errors import UnknownName
from vtc_r1.renderers.vision import FAMILIES, family


def sizes(count):
    rng = random.Random(5)
    for _ in range(count):
        width = round(2 ** rng.uniform(2, 13.5))
        height = round(width * 2 ** rng.uniform(-7.5, 7.5))
        yield width, min(199 * width, max(1 + width // 200, height))


@pytest.mark.parametrize("name", FAMILIES)
def test_resized_agrees_with_the_models_own_processor(name):
    processing = pytest.importorskip("transformers.models.qwen2_vl.image_processing_pil_qwen2_vl")
    vision = family(name)
    for width, height in sizes(1_000):
        high, wide = processing.smart_resize(
            height, width, factor=vision.grid, min_pixels=vision.min_pixels, max_pixels=vision.max_pixels
        )
        assert vision.resized(width, height) == (wide, high)


@pytest.mark.parametrize("name", FAMILIES)
def test_resized_is_on_the_grid_and_within_bounds(name):
    vision = family(name)
    for width, height in sizes(300):
        wide, high = vision.resized(width, height)
        assert wide % vision.grid == high % vision.grid == 0
        assert wide * high >= vision.min_pixels
        assert wide * high <= vision.max_pixels


@pytest.mark.parametrize(
    ("name", "width", "height", "tokens"),
    [
        ("qwen3-vl", 595, 842, 494),
        ("qwen3-vl", 672, 896, 588),
        ("qwen3-vl", 32, 32, 64),
        ("nano", 128, 64, 8),
        ("nano", 32, 32, 1),
    ],
)
def test_known_prices(name, width, height, tokens):
    assert family(name).tokens(width, height) == tokens


@pytest.mark.parametrize(("pixels", "snapped"), [(0, 0), (1, 32), (32, 32), (33, 64), (896, 896)])
def test_snap_rounds_up_to_the_grid(pixels, snapped):
    assert family("qwen3-vl").snap(pixels) == snapped


def test_unknown_family_suggests_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'qwen3-vl'"):
        family("qwen3vl")
