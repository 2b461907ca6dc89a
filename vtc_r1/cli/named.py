"""What has a name that a flag takes, by kind; each kind is looked up only when it is asked for."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module, resources
from typing import Any

from vtc_r1.errors import PluginError, UnknownName
from vtc_r1.plugins import Registry, described

Names = dict[str, str]
"""What each name stands for, in a sentence."""

_SENTENCE = re.compile(r"\.\s+(?=[A-Z])|\.$")


@dataclass(frozen=True)
class Kind:
    """One kind of names.

    Attributes:
        what: what they are, and which flag takes them.
        find: looks them up.
        registry: module and name of what knows those of plug-ins; empty where there are none.
    """

    what: str
    find: Callable[[], Names]
    registry: str = ""

    @property
    def registered(self) -> Registry[Any] | None:
        """What knows the plug-ins of this kind; None where there are none."""
        module, _, name = self.registry.partition(":")
        return getattr(import_module(module), name) if module else None


def named(kind: str | None) -> dict[str, Names]:
    """Look up the names of one kind, or of all; raises UnknownName."""
    if kind is not None and kind not in KINDS:
        raise UnknownName("kind", kind, KINDS)
    return {each: KINDS[each].find() for each in ([kind] if kind else KINDS)}


def _profiles() -> Names:
    from vtc_r1.renderers.profile import profile_names

    return {name: _comment("vtc_r1.renderers", f"profiles/{name}.toml") for name in profile_names()}


def _registered(what: str, registry: str, says: Callable[[Any], str]) -> Kind:
    """Return a kind with plug-ins, without the unusable ones."""

    def find() -> Names:
        known: Mapping[str, Any] = kind.registered or {}
        names: Names = {}
        for name in known:
            with suppress(PluginError):
                names[name] = says(known[name])
        return names

    kind = Kind(what, find, registry)
    return kind


def _preset(preset: Any) -> str:
    return f"{preset.description}; prompts {preset.prompts}, profile {preset.profile}"


def _backend(backend: Any) -> str:
    return backend if isinstance(backend, str) else described(backend)


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
    "presets": _registered(
        "settings of a model, chosen by its name: --preset", "vtc_r1.presets:PRESETS", _preset
    ),
    "policies": _registered(
        "what is carried to the next segment: --memory", "vtc_r1.memory:POLICIES", described
    ),
    "segment-ends": _registered("where a segment ends: --segment-end", "vtc_r1.segments:ENDS", described),
    "densities": _registered("type size of each segment: --density", "vtc_r1.memory:DENSITIES", described),
    "backends": _registered(
        "what generates segments: --backend", "vtc_r1.backends.choose:BACKENDS", _backend
    ),
    "graders": _registered(
        "who grades: grader in a benchmark's TOML", "vtc_r1.eval.grading:GRADERS", described
    ),
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


def _sentence(text: str) -> str:
    return _SENTENCE.split(text, maxsplit=1)[0]
