import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.closed import closed
from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.presets import preset_for
from vtc_r1.renderers import Profile
from vtc_r1.renderers.profile import load_profile, profile_names
from vtc_r1.renderers.vision import FAMILIES, family

BY_AREA = ("qwen3-vl", "nano", "qwen2.5-vl", "glm-4.1v", "glm-4.6v")
OPEN = [name for name in FAMILIES if name not in closed().rule]
GEMMA = (70, 140, 280, 560, 1_120)
SQUARES = {"deepseek-tiny": (512, 64), "deepseek-small": (640, 100)} | {
    "deepseek-base": (1024, 256),
    "deepseek-large": (1280, 400),
}
GUNDAM = "deepseek-gundam"
GLM46 = {"shortest_edge": 12_544, "longest_edge": 9_633_792}
"""Of the published `preprocessor_config.json`."""
TINY = [(width, height) for width in range(1, 41) for height in range(1, 41)]
sides = st.integers(1, 6_000)


def sizes(count):
    """Widths and heights from 1 px up, of aspect ratios up to 199."""
    rng = random.Random(5)
    for _ in range(count):
        width = round(2 ** rng.uniform(0, 13.5))
        height = round(width * 2 ** rng.uniform(-7.6, 7.6))
        yield width, min(199 * width, max(1 + width // 200, height))


def tokens_of_the_processor(name):
    """The count by the processor of the family's models, as configured for it."""
    if name == "glm-4.6v":
        module = pytest.importorskip("transformers.models.glm46v.image_processing_pil_glm46v")
        processor = module.Glm46VImageProcessorPil(size=GLM46)
    elif name == "glm-4.1v":
        module = pytest.importorskip("transformers.models.glm4v.image_processing_pil_glm4v")
        processor = module.Glm4vImageProcessorPil()
    else:
        module = pytest.importorskip("transformers.models.qwen2_vl.image_processing_pil_qwen2_vl")
        vision = family(name)
        processor = module.Qwen2VLImageProcessorPil(
            patch_size=vision.grid // 2,
            merge_size=2,
            size={"shortest_edge": vision.min_pixels, "longest_edge": vision.max_pixels},
        )
    return lambda width, height: processor.get_number_of_image_patches(height, width) // 4, processor


def resized_by_the_processor(name):
    vision = family(name)
    if name == "glm-4.6v":
        module = pytest.importorskip("transformers.models.glm46v.image_processing_pil_glm46v")
        bounds = {"min_pixels": GLM46["shortest_edge"], "max_pixels": GLM46["longest_edge"], "num_frames": 2}
    elif name == "glm-4.1v":
        module = pytest.importorskip("transformers.models.glm4v.image_processing_pil_glm4v")
        size = module.Glm4vImageProcessorPil.size
        bounds = {"min_pixels": size["shortest_edge"], "max_pixels": size["longest_edge"], "num_frames": 2}
    else:
        module = pytest.importorskip("transformers.models.qwen2_vl.image_processing_pil_qwen2_vl")
        bounds = {"min_pixels": vision.min_pixels, "max_pixels": vision.max_pixels}
    return lambda width, height: module.smart_resize(
        height=height, width=width, factor=vision.grid, **bounds
    )[::-1]


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("name", BY_AREA)
def test_resized_agrees_with_the_models_own_processor(name):
    theirs = resized_by_the_processor(name)
    for size in [*sizes(1_000), *TINY]:
        assert family(name).resized(*size) == theirs(*size), size


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("name", BY_AREA)
def test_tokens_agree_with_the_models_own_processor(name):
    theirs, _ = tokens_of_the_processor(name)
    for size in [*sizes(1_000), *TINY]:
        assert family(name).tokens(*size) == theirs(*size), size


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("name", BY_AREA)
@pytest.mark.parametrize("size", [(595, 842), (672, 896), (3, 5), (1, 200), (333, 47)])
def test_tokens_are_those_of_a_processed_image(name, size):
    image = pytest.importorskip("PIL.Image").new("RGB", size)
    _, processor = tokens_of_the_processor(name)
    grid = processor(images=[image], return_tensors="np")["image_grid_thw"]
    assert family(name).tokens(*size) == int(grid.prod()) // 4


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("name", BY_AREA)
@pytest.mark.parametrize("size", [(1, 201), (201, 1), (30, 6_001), (8_000, 39), (5, 1_005)])
def test_too_long_an_image_is_refused_as_the_processor_refuses_it(name, size):
    with pytest.raises(UsageError, match=f"aspect ratio .* is over 200, the limit of {name}; cut it"):
        family(name).tokens(*size)
    theirs, _ = tokens_of_the_processor(name)
    with pytest.raises(ValueError, match="aspect ratio"):
        theirs(*size)


@pytest.mark.parametrize("name", BY_AREA)
def test_the_limit_itself_is_taken(name):
    vision = family(name)
    assert vision.tokens(6_400, 32) > 0
    assert vision.tokens(1, 200) > 0


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("size", [(0, 64), (64, 0), (0, 0), (-1, 64)])
def test_an_empty_image_is_refused(name, size):
    for method in (family(name).tokens, family(name).resized):
        with pytest.raises(UsageError, match="at least 1 px"):
            method(*size)


@pytest.mark.parametrize("name", OPEN)
def test_resized_is_on_the_grid_and_within_bounds(name):
    vision = family(name)
    for width, height in sizes(300):
        if name.startswith("gemma") and max(width, height) > 50 * min(width, height):
            continue  # its processor refuses the longest ones
        wide, high = vision.resized(width, height)
        assert wide % vision.grid == high % vision.grid == 0
        assert vision.min_pixels <= wide * high <= vision.max_pixels


@pytest.mark.parametrize(
    ("name", "width", "height", "tokens"),
    [
        ("qwen3-vl", 595, 842, 494),
        ("qwen3-vl", 672, 896, 588),
        ("qwen3-vl", 32, 32, 64),
        ("nano", 128, 64, 8),
        ("nano", 32, 32, 1),
        ("qwen2.5-vl", 672, 896, 768),
        ("qwen2.5-vl", 28, 28, 4),
        ("glm-4.1v", 595, 842, 630),
        ("glm-4.1v", 672, 896, 768),
        ("glm-4.1v", 1, 1, 9),
        ("glm-4.1v", 4_000, 4_000, 7_396),
        (GUNDAM, 640, 640, 256),
        (GUNDAM, 641, 640, 656),
        (GUNDAM, 1_280, 640, 456),
        (GUNDAM, 1_920, 1_920, 1_156),
        (GUNDAM, 595, 842, 856),
        (GUNDAM, 9_000, 100, 1_156),
    ],
)
def test_known_prices(name, width, height, tokens):
    assert family(name).tokens(width, height) == tokens


@pytest.mark.parametrize("name", SQUARES)
@given(width=sides, height=sides)
def test_a_square_costs_the_same_whatever_the_page(name, width, height):
    side, tokens = SQUARES[name]
    assert family(name).resized(width, height) == (side, side)
    assert family(name).tokens(width, height) == tokens


@pytest.mark.model
def test_tiling_agrees_with_transformers():
    ocr = pytest.importorskip("transformers.models.deepseek_ocr2.image_processing_pil_deepseek_ocr2")
    whole = [(640 * columns, 640 * rows) for columns in range(1, 8) for rows in range(1, 8)]
    for width, height in [*sizes(1_000), *whole, (1_440, 1_280), (1_280, 1_440)]:
        if max(width, height) > 640:
            theirs = ocr.get_optimal_tiled_canvas((height, width), (640, 640), 2, 9)
            assert family(GUNDAM).tiles(width, height) == theirs, (width, height)


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("size", [(640, 640), (641, 30), (900, 1_300), (2_000, 500), (20, 30)])
def test_tiles_are_those_of_a_processed_image(size):
    ocr = pytest.importorskip("transformers.models.deepseek_ocr2.image_processing_pil_deepseek_ocr2")
    image = pytest.importorskip("PIL.Image").new("RGB", size)
    processor = ocr.DeepseekOcr2ImageProcessorPil(tile_size=640, min_patches=2, max_patches=9)
    done = processor(images=[image], return_tensors="np")
    assert family(GUNDAM).tokens(*size) == 100 * int(done["num_local_patches"][0]) + 256
    assert done["pixel_values"].shape[-2:] == (1_024, 1_024)


@given(width=sides, height=sides)
def test_gundam_costs_100_a_tile_and_256_for_the_whole(width, height):
    vision = family(GUNDAM)
    columns, rows = vision.tiles(width, height)
    assert columns * rows in (range(2, 10) if max(width, height) > 640 else {0})
    assert vision.tokens(width, height) == 100 * columns * rows + 256
    if columns:
        near = min(abs(width / height - w / h) for w in range(1, 10) for h in range(1, 10) if 1 < w * h < 10)
        assert abs(width / height - columns / rows) == near


@pytest.mark.parametrize(
    ("name", "pixels", "snapped"),
    [
        *(("qwen3-vl", pixels, snapped) for pixels, snapped in [(0, 0), (1, 32), (32, 32), (33, 64)]),
        ("qwen3-vl", 896, 896),
        ("glm-4.1v", 29, 56),
        ("deepseek-base", 1_000, 1_024),
        (GUNDAM, 640, 640),
    ],
)
def test_snap_rounds_up_to_the_grid(name, pixels, snapped):
    assert family(name).snap(pixels) == snapped


@pytest.mark.slow
@pytest.mark.model
def test_qwen35_has_the_processor_of_qwen3_vl():
    module = pytest.importorskip("transformers.models.auto.image_processing_auto")
    names = module.IMAGE_PROCESSOR_MAPPING_NAMES
    for kind in ("qwen3_5", "qwen3_5_moe"):
        if kind not in names:
            pytest.skip(f"these transformers do not know {kind}")
        assert names[kind] == names["qwen3_vl"]
    assert preset_for("Qwen/Qwen3.5-9B").drawn(None).family == "qwen3-vl"


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("budget", GEMMA)
def test_gemma_agrees_with_its_own_processor(budget):
    module = pytest.importorskip("transformers.models.gemma4.image_processing_pil_gemma4")
    vision, refused = family(f"gemma-4-{budget}"), 0
    for width, height in [*sizes(1_000), *TINY]:
        try:
            high, wide = module.get_aspect_ratio_preserving_size(height, width, 16, 9 * budget, 3)
        except ValueError:
            refused += 1
            with pytest.raises(UsageError, match="is too long for gemma-4"):
                vision.resized(width, height)
            continue
        assert vision.resized(width, height) == (wide, high), (width, height)
    assert refused < 100


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("budget", GEMMA)
@pytest.mark.parametrize("size", [(672, 960), (595, 842), (30, 900), (1_920, 1_080)])
def test_gemmas_tokens_are_those_of_a_processed_image(budget, size):
    module = pytest.importorskip("transformers.models.gemma4.image_processing_pil_gemma4")
    image = pytest.importorskip("PIL.Image").new("RGB", size)
    processor = module.Gemma4ImageProcessorPil(max_soft_tokens=budget)
    done = processor(images=[image], return_tensors="np")
    assert family(f"gemma-4-{budget}").tokens(*size) == int(done["num_soft_tokens_per_image"][0])


@pytest.mark.slow
@pytest.mark.model
def test_internvl_agrees_with_its_own_processor():
    module = pytest.importorskip("transformers.models.got_ocr2.image_processing_pil_got_ocr2")
    processor = module.GotOcr2ImageProcessorPil(size={"height": 448, "width": 448}, crop_to_patches=True)
    whole = [(448 * columns, 448 * rows) for columns in range(1, 8) for rows in range(1, 8)]
    for width, height in [*sizes(1_000), *TINY, *whole]:
        patches = processor.get_number_of_image_patches(height, width)
        assert family("internvl").tokens(width, height) == 256 * patches, (width, height)


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("size", [(448, 448), (896, 1_344), (595, 842), (20, 30)])
def test_internvls_tiles_are_those_of_a_processed_image(size):
    module = pytest.importorskip("transformers.models.got_ocr2.image_processing_pil_got_ocr2")
    image = pytest.importorskip("PIL.Image").new("RGB", size)
    processor = module.GotOcr2ImageProcessorPil(size={"height": 448, "width": 448}, crop_to_patches=True)
    done = processor(images=[image], return_tensors="np")
    assert family("internvl").tokens(*size) == 256 * int(done["num_patches"][0])


@pytest.mark.slow
@pytest.mark.model
def test_deepseek_ocr_2_agrees_with_its_own_processor():
    ocr = pytest.importorskip("transformers.models.deepseek_ocr2.image_processing_pil_deepseek_ocr2")
    vision = family("deepseek-ocr-2")
    whole = [(768 * columns, 768 * rows) for columns in range(1, 7) for rows in range(1, 7)]
    for width, height in [*sizes(1_000), *whole]:
        crops = 0
        if max(width, height) > 768:
            columns, rows = ocr.get_optimal_tiled_canvas((height, width), (768, 768), 2, 6)
            assert vision.tiles(width, height) == (columns, rows), (width, height)
            crops = columns * rows
        assert vision.tokens(width, height) == 144 * crops + 256 + 1


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("size", [(768, 768), (769, 30), (1_536, 2_304), (2_000, 500), (20, 30)])
def test_deepseek_ocr_2_counts_a_processed_image_as_its_processor_does(size):
    ocr = pytest.importorskip("transformers.models.deepseek_ocr2.image_processing_pil_deepseek_ocr2")
    processing = pytest.importorskip("transformers.models.deepseek_ocr2.processing_deepseek_ocr2")
    image = pytest.importorskip("PIL.Image").new("RGB", size)
    processor = ocr.DeepseekOcr2ImageProcessorPil()
    whole = processing.DeepseekOcr2Processor.__new__(processing.DeepseekOcr2Processor)
    whole.image_processor, whole.patch_size, whole.downsample_ratio = processor, 16, 4
    whole.image_token = "i"
    done = processor(images=[image], return_tensors="np")
    assert family("deepseek-ocr-2").tokens(*size) == len(whole.replace_image_token(done, 0))


@pytest.mark.parametrize("name", profile_names())
def test_the_page_of_a_shipped_profile_is_seen_as_it_is_drawn(name):
    profile = load_profile(name)
    seen = profile.vision.resized(profile.width, profile.height)
    assert (seen == (profile.width, profile.height)) == (name not in ("paper", "glyph-en", "glyph-zh"))
    assert profile.name == name


def test_unknown_family_suggests_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'qwen3-vl'"):
        family("qwen3vl")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_longest_page_that_a_profile_may_have_is_priced(name):
    grid = family(name).grid
    long, short = 4_096 // grid * grid, -(-32 // grid) * grid
    size = {"width": long, "height": short, "margin_x": 0, "margin_y": 0}
    page = Profile(name="long", family=name, on_grid=False, **size)
    assert page.vision.tokens(page.width, page.height) > 0
