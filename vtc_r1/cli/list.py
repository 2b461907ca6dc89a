"""`vtc-r1 list`: the names that flags take, and what each of them is; each kind looked up when asked for."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module, resources
from typing import Annotated, Any

import typer

from vtc_r1.cli import completion
from vtc_r1.cli.manual import manual
from vtc_r1.cli.tables import listed, room
from vtc_r1.errors import PluginError, UnknownName
from vtc_r1.plugins import Registry, described

Names = dict[str, str]  #: what each name stands for, in a sentence

_SENTENCE = re.compile(r"\.\s+(?=[A-Z])|\.$")


@dataclass(frozen=True)
class Kind:
    """One kind of names."""

    what: str  #: what they are, and which flag takes them
    find: Callable[[], Names]  #: looks them up
    registry: str = ""  #: module and name of what knows those of plug-ins; empty where there are none

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


def _grpo_recipes() -> Names:
    from vtc_r1.rl.recipe import GRPO

    return {name: _comment("vtc_r1.rl", f"recipes/{name}.toml") for name in GRPO.names()}


def _studies() -> Names:
    from vtc_r1.study.study import study_names

    return {name: _comment("vtc_r1.study", f"shipped/{name}.toml") for name in study_names()}


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
    "grpo-recipes": Kind("how a model is trained by GRPO: vtc-r1 train grpo RECIPE", _grpo_recipes),
    "rewards": _registered(
        "how solves are rewarded: rewards in a recipe of train grpo", "vtc_r1.rl.rewards:REWARDS", described
    ),
    "studies": Kind("data, training and evaluation as one chain: vtc-r1 study NAME", _studies),
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


MANUAL = manual(
    {
        "vtc-r1 list": "all names",
        "vtc-r1 list profiles": "the shipped render profiles, and what each is for",
        "vtc-r1 list benchmarks --json | jq -r '.benchmarks[].name'": "for programs",
    },
    exits={},
)
_WHOLE = 1_000_000  #: columns where the output is not a terminal: one line each, however long


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("list", epilog=MANUAL)(list_)


def list_(
    kind: Annotated[
        str | None,
        typer.Argument(
            help=f"{', '.join(KINDS)}; all of them by default.",
            metavar="KIND",
            autocompletion=completion.kind,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object: by kind, objects with name, description and a plug-in's package.",
        ),
    ] = False,
) -> None:
    """List the names that flags take, one per line: profiles, presets, policies, recipes and more.

    Those of plug-ins are among them, with their package. Files of your own, which most of these flags take
    as well, are not listed.
    """
    from vtc_r1.cli.show import warn

    found = named(kind)
    for each in found:
        if (registry := KINDS[each].registered) is not None:
            for line in registry.unusable:
                warn([line])
    print(_as_json(found) if as_json else _as_text(found, room() if sys.stdout.isatty() else _WHOLE))


def _as_json(found: Mapping[str, Mapping[str, str]]) -> str:
    entries = {
        kind: [{"name": name, "description": says, **_package(kind, name)} for name, says in names.items()]
        for kind, names in found.items()
    }
    return json.dumps(entries, indent=2, ensure_ascii=False)


def _as_text(found: Mapping[str, Mapping[str, str]], width: int) -> str:
    """Write a paragraph a kind; its heading says what it is where there are several."""
    parts = []
    for kind, names in found.items():
        heading = f"{kind} · {KINDS[kind].what}\n" if len(found) > 1 else ""
        entries = [(name, " · ".join([says, *_package(kind, name).values()])) for name, says in names.items()]
        parts.append(heading + listed(entries, width))
    return "\n\n".join(parts)


def _package(kind: str, name: str) -> dict[str, str]:
    """Say which package a name of a plug-in comes from."""
    registry = KINDS[kind].registered
    package = None if registry is None else registry.package(name)
    return {} if package is None else {"package": package}
