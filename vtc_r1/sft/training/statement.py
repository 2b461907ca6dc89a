"""The record of its training in a finished checkpoint: the loop settings of its examples."""

from collections.abc import Iterable, Sequence

from vtc_r1.configuration import Named
from vtc_r1.exercises import segments_of
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.built.dataset import BuiltDataset, read_columns
from vtc_r1.sft.courses import COURSES
from vtc_r1.sft.styling import StyleSet
from vtc_r1.sft.training.dataset import TrainingData
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.trained import TrainedFor

_BY_ITSELF = ("limit", "boundary", "own")
"""Segment ends that are equivalent if every segment ends where the model stops."""


def statement(recipe: Recipe, data: TrainingData | None) -> TrainedFor:
    """Return what a recipe trains a model for, on its data or the curriculum."""
    if data is None:
        profile, course = load_profile(recipe.profile), COURSES[recipe.course]
        return TrainedFor(
            preset=recipe.preset,
            memory=course.memory,
            profiles=(Named(name=profile.name, sha256=profile.sha256),),
            densities=("fixed",),
            segment_ends=_BY_ITSELF,
            prompts=(_prompts(recipe),),
            segment_tokens=course.segment_tokens,
            iterations=max(segments_of(kind.lines[-1], kind.segment_lines) for kind in course.kinds.values()),
            budgeted=course.budgeted,
        )
    configs = [found.config for found in data.sets]
    segments = [found.config.max_segments for found in data.sets if not found.whole]
    return TrainedFor(
        preset=recipe.preset,
        memory=_each(config.memory for config in configs),
        profiles=_profiles(recipe, configs),
        densities=_each("fixed" if config.loop is None else config.loop.density for config in configs),
        segment_ends=_each(end for config in configs for end in _ends(config)),
        prompts=(_prompts(recipe),),
        segment_tokens=max(filter(None, map(_segment_tokens, data.sets)), default=None),
        iterations=max(segments, default=None),
        budgeted=any(_is_budgeted(config) for config in configs),
    )


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _prompts(recipe: Recipe) -> Named:
    prompts = PromptSet(recipe.prompts)
    return Named(name=prompts.name, sha256=prompts.sha256)


def _profiles(recipe: Recipe, configs: Sequence[BuildConfig]) -> tuple[Named, ...]:
    """Return the distinct profiles of the pages of the data, the recipe's own first."""
    styles = (
        style for config in configs for style in StyleSet(config.profile, config.styles, config.seed).all
    )
    found = {style.profile.sha256: style.name for style in styles}
    own = load_profile(recipe.profile).sha256
    return tuple(
        Named(name=found[sha256], sha256=sha256) for sha256 in sorted(found, key=lambda sha256: sha256 != own)
    )


def _ends(config: BuildConfig) -> Sequence[str]:
    return _BY_ITSELF if config.loop is None else (config.loop.segment_end,)


def _segment_tokens(data: BuiltDataset) -> int | None:
    """Return the maximum tokens of a segment; None if a segment is the whole trace."""
    config = data.config
    if data.whole:
        return None
    if config.segmentation == "lines":  # these have no budget
        return int(max(read_columns(data.shards, ["target_tokens"])["target_tokens"], default=1))
    return config.segment_tokens


def _is_budgeted(config: BuildConfig) -> bool:
    within = config.loop is not None and config.loop.budget.memory_tokens is not None
    return within or "budget=" in config.memory
