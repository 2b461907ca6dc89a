"""The families known by name, with the bounds of their published image configurations.

Sources:
    qwen3-vl: the published `preprocessor_config.json`.
    qwen2.5-vl: the published checkpoint's `preprocessor_config.json` (12,845,056 px at most); the
        default of transformers' processor class is lower (1,003,520 px).
    glm-4.1v: the defaults of transformers' processor class, 112 × 112 to 28 × 28 × 15,000 px over
        the two frames as which a still image counts. Checkpoints published with other bounds
        exist: `from_checkpoint` takes theirs.
    glm-4.6v: the published `preprocessor_config.json`, 12,544 to 9,633,792 px over the same two frames.
    gemma-4-*: transformers' processor class; the part behind the name is the budget, of which the
        published configuration has 280.
    internvl: transformers' processor class with the configuration of InternVL3 and 3.5 (tiles of
        448 px, 1 to 12, 256 tokens each). The two tokens around an image are left out.
    deepseek-ocr-2: transformers' processor class: 144 tokens a crop, 256 for the whole and 1 between.
    deepseek-*: token counts of DeepSeek-OCR's modes, arXiv 2510.18234; one token for 64 px of each
        side (patch 16, compressed 4 times). The counts leave out the tokens that the released code
        adds at the end of each row and between the views.
    Models that only their makers serve: `closed.toml`.
    unknown: nothing is known; its counts are estimates for budgets, at 32×32 px per token.
"""

from vtc_r1.errors import UnknownName
from vtc_r1.renderers.vision.area import AreaFamily
from vtc_r1.renderers.vision.base import VisionFamily
from vtc_r1.renderers.vision.budget import gemma
from vtc_r1.renderers.vision.closed import closed_families
from vtc_r1.renderers.vision.glm import GlmFamily
from vtc_r1.renderers.vision.square import SquareFamily
from vtc_r1.renderers.vision.tiled import ThumbnailFamily, TiledFamily

UNKNOWN = "unknown"  #: the family of a model of which nothing is known
_TILE, _VIEW, _FEWEST, _MOST = 640, 1024, 2, 9
_CROP, _MOST_CROPS = 768, 6

FAMILIES: dict[str, VisionFamily] = {
    family.name: family
    for family in (
        AreaFamily("qwen3-vl", grid=32, min_pixels=65_536, max_pixels=16_777_216),
        AreaFamily("nano", grid=32, min_pixels=1_024, max_pixels=1_048_576),
        AreaFamily("qwen2.5-vl", grid=28, min_pixels=3_136, max_pixels=12_845_056),
        GlmFamily("glm-4.1v", grid=28, min_pixels=6_272, max_pixels=5_880_000),
        GlmFamily("glm-4.6v", grid=28, min_pixels=6_272, max_pixels=4_816_896),
        *(gemma(budget) for budget in (70, 140, 280, 560, 1_120)),
        ThumbnailFamily(
            "internvl",
            grid=28,
            min_pixels=448**2,
            max_pixels=12 * 448**2,
            tile=448,
            view=448,
            fewest=1,
            most=12,
        ),
        TiledFamily(
            "deepseek-ocr-2",
            grid=64,
            min_pixels=_VIEW**2,
            max_pixels=_MOST_CROPS * _CROP**2,
            tile=_CROP,
            view=_VIEW,
            fewest=_FEWEST,
            most=_MOST_CROPS,
            extra=1,
        ),
        SquareFamily("deepseek-tiny", grid=64, min_pixels=512**2, max_pixels=512**2),
        SquareFamily("deepseek-small", grid=64, min_pixels=640**2, max_pixels=640**2),
        SquareFamily("deepseek-base", grid=64, min_pixels=1024**2, max_pixels=1024**2),
        SquareFamily("deepseek-large", grid=64, min_pixels=1280**2, max_pixels=1280**2),
        TiledFamily(
            "deepseek-gundam",
            grid=64,
            min_pixels=_FEWEST * _TILE**2,
            max_pixels=_MOST * _TILE**2,
            tile=_TILE,
            view=_VIEW,
            fewest=_FEWEST,
            most=_MOST,
        ),
        *closed_families(),
        AreaFamily(UNKNOWN, grid=32, min_pixels=1_024, max_pixels=16_777_216),
    )
}


def family(name: str) -> VisionFamily:
    """Look up a family by name; raises UnknownName."""
    if name not in FAMILIES:
        raise UnknownName("vision family", name, FAMILIES)
    return FAMILIES[name]
