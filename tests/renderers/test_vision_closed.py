"""Images of models that are only served: golden counts, published or measured by others, with their sources.

None of them was measured by this project. "published": a worked example, or a size beside the rule, in the
provider's documentation. "measured": by somebody who sent the image and published what was billed. `GRID` was
published as totals of a request; its first number, the same at every size below the limits, is their text.
"""

import pytest

from vtc_r1.closed import closed
from vtc_r1.errors import UsageError
from vtc_r1.presets import preset_for
from vtc_r1.renderers.vision import family

SIZES = (
    (256, 256),
    (512, 512),
    (768, 768),
    (1_024, 1_024),
    (1_280, 720),
    (1_920, 1_080),
    (1_080, 1_920),
    (2_560, 1_440),
    (3_840, 2_160),
    (4_032, 3_024),
)
# Measured: https://huggingface.co/datasets/JOHNISKING/image-token-cost, read on 2026-11-29.
GRID = {
    "claude-opus-5-5": (77, 177, 438, 861, 1_446, 1_273, 2_768, 2_768, 3_069, 3_069, 4_005),
    "claude-haiku-4-5": (65, 165, 426, 849, 1_434, 1_261, 1_625, 1_625, 1_657, 1_657, 1_661),
    "gemini-3.1-pro-preview": (0, 1_090, 1_090, 1_090, 1_090, 1_101, 1_101, 1_101, 1_101, 1_101, 1_065),
    "gpt-6-astra": (0, 77, 308, 692, 1_229, 1_104, 2_448, 2_448, 4_320, 9_792, 14_364),
    "gpt-5.5": (0, 77, 308, 692, 1_229, 1_104, 2_448, 2_448, 4_320, 9_792, 11_868),
}
OTHERS = {
    # Published: https://platform.openai.com/docs/guides/images-vision, worked examples.
    ("gpt-4o", 1_024, 1_024): 765,
    ("gpt-4o", 2_048, 4_096): 1_105,
    ("gpt-4o", 512, 512): 255,
    ("gpt-4.1-mini", 1_024, 1_024): 1_659,  # 1,024 patches × 1.62
    ("gpt-4.1-mini", 1_800, 2_400): 2_353,  # 1,452 patches × 1.62
    ("gpt-4.1-nano", 1_800, 2_400): 3_572,  # 1,452 patches × 2.46
    ("o4-mini", 1_024, 1_024): 1_762,  # 1,024 patches × 1.72
    # Measured: https://community.openai.com/t/1344040, in June 2026.
    ("gpt-5-mini", 256, 256): 77,
    ("gpt-5-mini", 512, 512): 308,
    ("gpt-5-mini", 768, 1_024): 922,
    ("gpt-5-mini", 1_280, 720): 1_104,
    ("gpt-5-mini", 1_024, 1_024): 1_229,
    ("gpt-5-mini", 2_048, 768): 1_844,
    # Published: https://platform.claude.com/docs/en/build-with-claude/vision: ⌈w/28⌉·⌈h/28⌉, and the largest
    # sizes of five shapes that are not scaled down.
    ("claude-haiku-4-5", 200, 200): 64,
    ("claude-haiku-4-5", 1_000, 1_000): 1_296,
    ("claude-haiku-4-5", 1_092, 1_092): 1_521,
    ("claude-haiku-4-5", 951, 1_268): 1_564,
    ("claude-haiku-4-5", 896, 1_344): 1_536,
    ("claude-haiku-4-5", 819, 1_456): 1_560,
    ("claude-haiku-4-5", 784, 1_568): 1_568,
    # Measured: https://jackin.tailrocks.com/research/token-optimization, 1,304 with its message of about 6.
    ("claude-opus-4-8", 1_000, 1_000): 1_304,
    # Published: https://ai.google.dev/gemini-api/docs/tokens and Vertex AI's example of an image that is cut.
    ("gemini-2.5-flash", 384, 384): 258,
    ("gemini-2.5-flash", 100, 300): 258,
    ("gemini-2.5-flash", 960, 540): 1_548,
    # Computed by the published rule.
    ("gpt-4o", 1_920, 1_080): 1_105,
    ("gpt-5", 1_024, 1_024): 630,
    ("gpt-4o-mini", 1_024, 1_024): 25_501,
}
GOLDEN = {
    (model, *size): tokens - text
    for model, (text, *counted) in GRID.items()
    for size, tokens in zip(SIZES, counted, strict=True)
} | OTHERS


@pytest.mark.parametrize(("model", "width", "height"), GOLDEN)
def test_an_image_costs_what_is_published_or_was_measured(model: str, width: int, height: int) -> None:
    vision = preset_for(model).drawn(None).vision
    assert vision.tokens(width, height) == pytest.approx(GOLDEN[model, width, height], rel=0.02)


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini"])
def test_there_are_ten_golden_sizes_for_every_provider(provider: str) -> None:
    found = {(width, height) for model, width, height in GOLDEN if _provider(model) == provider}
    assert len(found) >= 10


def _provider(model: str) -> str:
    entry = closed().named(model)
    assert entry is not None
    return entry.provider


def test_every_model_names_a_rule_and_a_provider() -> None:
    for model in closed().model:
        assert model.rule in closed().rule and model.provider in closed().provider
    assert {model.rule for model in closed().model} == closed().rule.keys()


@pytest.mark.parametrize("name", closed().rule)
@pytest.mark.parametrize("size", [(1, 1), (1, 5_000), (5_000, 1), (9_999, 9_998), (672, 896)])
def test_any_size_has_a_price(name: str, size: tuple[int, int]) -> None:
    vision = family(name)
    assert vision.tokens(*size) >= 1
    assert vision.tokens(*size) == vision.tokens(*size[::-1])


@pytest.mark.parametrize("name", closed().rule)
def test_an_empty_image_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="at least 1 px"):
        family(name).tokens(0, 7)


@pytest.mark.parametrize("name", [name for name, rule in closed().rule.items() if rule.most])
def test_a_larger_image_never_costs_much_more_than_the_limit(name: str) -> None:
    rule = closed().rule[name]
    assert rule.most is not None
    for side in range(100, 9_000, 733):
        assert family(name).tokens(side, 2 * side) <= rule.most * rule.times + rule.large + 1
