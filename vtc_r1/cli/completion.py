"""What a shell proposes after a flag that takes a name; looked up only when it is asked for."""

from collections.abc import Callable
from importlib import import_module

Complete = Callable[[str], list[str]]


def one_of(module: str, names: str) -> Complete:
    """Propose the names that `names` of `module` holds, or returns."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in _names(module, names) if name.startswith(incomplete)]

    return complete


def some_of(module: str, names: str) -> Complete:
    """Propose names where several stand with commas between them."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        taken = before.split(",")
        found = [name for name in _names(module, names) if name.startswith(last) and name not in taken]
        return [f"{before}{comma}{name}" for name in found]

    return complete


def _names(module: str, names: str) -> list[str]:
    known = getattr(import_module(module), names)
    return list(known() if callable(known) else known)


memory = one_of("vtc_r1.memory", "POLICIES")
memories = some_of("vtc_r1.memory", "POLICIES")
segment_end = one_of("vtc_r1.segments", "ENDS")
density = one_of("vtc_r1.memory", "DENSITIES")
verify = one_of("vtc_r1.configuration", "VERIFY")
backend = one_of("vtc_r1.backends.choose", "BACKENDS")
preset = one_of("vtc_r1.presets", "PRESETS")
profile = one_of("vtc_r1.renderers.profile", "profile_names")
prompts = one_of("vtc_r1.prompts.promptset", "prompt_set_names")
benchmark = one_of("vtc_r1.eval.benchmark", "benchmark_names")
gpu = one_of("vtc_r1.sglang.gpus", "GPUS")
shape = one_of("vtc_r1.sglang.shapes", "SHAPES")
recipe = one_of("vtc_r1.sft.training.loading", "recipe_names")
grpo_recipe = one_of("vtc_r1.rl.recipe", "GRPO_NAMES")
study = one_of("vtc_r1.study.study", "study_names")
styles = one_of("vtc_r1.sft.styling.styles", "styles_names")
kind = one_of("vtc_r1.cli.list", "KINDS")
