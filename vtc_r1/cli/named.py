"""What has a name that a flag takes, by kind; each kind is looked up only when it is asked for."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

from vtc_r1.errors import UnknownName

Names = dict[str, str]
"""What each name stands for, in a sentence."""

_SENTENCE = re.compile(r"\.\s+(?=[A-Z])|\.$")


@dataclass(frozen=True)
class Kind:
    """One kind of names.

    Attributes:
        what: what they are, and which flag takes them.
        find: looks them up.
    """

    what: str
    find: Callable[[], Names]


def named(kind: str | None) -> dict[str, Names]:
    """Look up the names of one kind, or of all; raises UnknownName."""
    if kind is not None and kind not in KINDS:
        raise UnknownName("kind", kind, KINDS)
    return {each: KINDS[each].find() for each in ([kind] if kind else KINDS)}


def _profiles() -> Names:
    from vtc_r1.renderers.profile import profile_names

    return {name: _comment("vtc_r1.renderers", f"profiles/{name}.toml") for name in profile_names()}


def _presets() -> Names:
    from vtc_r1.presets import PRESETS

    return {
        preset.name: f"{preset.description}; prompts {preset.prompts}, profile {preset.profile}"
        for preset in PRESETS.values()
    }


def _policies() -> Names:
    from vtc_r1.memory.policies import POLICIES

    return {name: _documented(policy) for name, policy in POLICIES.items()}


def _segment_ends() -> Names:
    from vtc_r1.segments.ends import ENDS

    return {name: _documented(end) for name, end in ENDS.items()}


def _densities() -> Names:
    from vtc_r1.memory.density import DENSITIES

    return {name: _documented(density) for name, density in DENSITIES.items()}


def _prompts() -> Names:
    from vtc_r1.prompts.promptset import prompt_set_names

    return {name: _comment("vtc_r1.prompts", f"{name}/promptset.toml") for name in prompt_set_names()}


def _benchmarks() -> Names:
    from vtc_r1.eval.benchmark import benchmark, benchmark_names

    return {name: benchmark(name).description.rstrip(".") for name in benchmark_names()}


def _recipes() -> Names:
    from vtc_r1.sft.training.loading import recipe_names

    return {name: _comment("vtc_r1.sft", f"recipes/{name}.toml") for name in recipe_names()}


def _styles() -> Names:
    from vtc_r1.sft.styling.styles import styles_names

    return {name: _comment("vtc_r1.sft.styling", f"shipped/{name}.toml") for name in styles_names()}


def _gpus() -> Names:
    from vtc_r1.sglang.gpus import GPUS

    return {
        name: f"{gpu.memory / 1e9:.0f} GB, {gpu.bandwidth / 1e12:.3g} TB/s, {gpu.flops / 1e12:,.0f} Tflop/s"
        for name, gpu in GPUS.items()
    }


def _shapes() -> Names:
    from vtc_r1.sglang.shapes import SHAPES

    return {
        name: f"{shape.parameters / 1e9:.1f} B parameters, {shape.kv_bytes / 1e3:.0f} kB of KV cache a token"
        for name, shape in SHAPES.items()
    }


KINDS: dict[str, Kind] = {
    "profiles": Kind("how pages look: --profile", _profiles),
    "presets": Kind("what belongs to a model, told by its name: --preset", _presets),
    "policies": Kind("what is carried to the next segment: --memory", _policies),
    "segment-ends": Kind("where a segment ends: --segment-end", _segment_ends),
    "densities": Kind("type size of each segment: --density", _densities),
    "prompts": Kind("prompt sets: --prompts", _prompts),
    "benchmarks": Kind("what eval asks: vtc-r1 eval NAME", _benchmarks),
    "recipes": Kind("how a model is trained: vtc-r1 train RECIPE", _recipes),
    "styles": Kind("looks of the pages of training data: data build --styles", _styles),
    "gpus": Kind("known to vtc-r1 plan: --gpu", _gpus),
    "shapes": Kind("models known to vtc-r1 plan: --model", _shapes),
}
"""Every kind, in the order in which they are listed."""


def _comment(package: str, path: str) -> str:
    """Return the first sentence of the comment at the top of a shipped file."""
    lines = resources.files(package).joinpath(path).read_text(encoding="utf-8").split("\n")
    comment = []
    for line in lines:
        if not line.startswith("#"):
            break
        comment.append(line.removeprefix("#").strip())
    return _sentence(" ".join(comment))


def _documented(kind: type) -> str:
    """Return the first sentence of what documents a class."""
    return _sentence(" ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split()))


def _sentence(text: str) -> str:
    return _SENTENCE.split(text, maxsplit=1)[0]
