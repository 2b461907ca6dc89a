"""An installed wheel: every module imports, every shipped file is there and loads."""

import importlib
import pkgutil

import vtc_r1
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.eval.benchmark import benchmark, benchmark_names
from vtc_r1.eval.report.document import document
from vtc_r1.prompts import PromptSet, prompt_set_names
from vtc_r1.renderers import Renderer, profile_names
from vtc_r1.rl.recipe import GRPO
from vtc_r1.serve.application import page
from vtc_r1.sft.training.loading import accelerate_config, load_recipe, recipe_names
from vtc_r1.study.study import study_names

ELSEWHERE = (
    "vtc_r1.eval.inspect",
    "vtc_r1.rl.verl.agent_loop",
)  #: need packages of environments of their own
modules = [
    found.name
    for found in pkgutil.walk_packages(vtc_r1.__path__, "vtc_r1.")
    if "__main__" not in found.name and not found.name.startswith(ELSEWHERE)
]
for module in modules:
    importlib.import_module(module)
for profile in profile_names():
    Renderer(profile).render("x = 1")
for prompts in prompt_set_names():
    PromptSet(prompts).render("1 + 2", ["earlier"], iteration=1, final=True)
for name in benchmark_names():
    benchmark(name)
for name in recipe_names():
    load_recipe(name)
for name in GRPO.names():
    GRPO.load(name, [])
assert {"nano", "qwen3-vl-8b"} <= set(GRPO.names())
assert {"nano", "paper-qwen3-vl-8b", "rehearsal"} <= set(study_names())
assert {"glyph", "nano", "qwen3-vl-8b", "qwen3-vl-8b-lora"} <= set(recipe_names())
assert all(accelerate_config(name).is_file() for name in ("fsdp", "zero3"))
assert "</html>" in page()[0]
assert "</html>" in document(title="", index={"single": True}, traces=[], pages={}, made="")
assert {"arithmetic", "math500"} <= set(benchmark_names())
assert {"default", "nano"} <= set(profile_names())
assert {"boxed", "nano", "vtc"} <= set(prompt_set_names())
assert (checkpoint() / "model.safetensors").is_file()
print(
    f"wheel: {len(modules)} modules, {len(profile_names())} profiles, {len(prompt_set_names())} prompt sets"
)
