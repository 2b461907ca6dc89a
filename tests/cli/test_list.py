"""`vtc-r1 list`: every name that a flag takes, in a line each, at once."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import environment, vtc
from vtc_r1.backends.choose import BACKENDS
from vtc_r1.cli import completion
from vtc_r1.eval.benchmark import benchmark
from vtc_r1.eval.grading import grader
from vtc_r1.memory import memory_policy
from vtc_r1.memory.density import density
from vtc_r1.memory.legibility import load_legibility
from vtc_r1.presets import preset
from vtc_r1.prompts.promptset import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.rl.recipe import GRPO
from vtc_r1.rl.rewards import RewardSum
from vtc_r1.segments.ends import segment_end
from vtc_r1.sft.styling.styles import load_styles
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sglang.gpus import gpu_named
from vtc_r1.sglang.shapes import shape_of
from vtc_r1.study.study import study_file

pytestmark = pytest.mark.process

TAKES: dict[str, Callable[[str], Any]] = {
    "profiles": load_profile,
    "presets": preset,
    "policies": memory_policy,
    "segment-ends": segment_end,
    "densities": lambda name: density(
        name, load_profile("default"), legibility=load_legibility(1.0, load_profile("default"))
    ),
    "backends": lambda name: BACKENDS[name],
    "graders": grader,
    "prompts": PromptSet,
    "benchmarks": benchmark,
    "recipes": load_recipe,
    "grpo-recipes": GRPO.load,
    "rewards": lambda name: RewardSum([name]),
    "styles": load_styles,
    "studies": study_file,
    "gpus": gpu_named,
    "shapes": shape_of,
}
PROPOSED = {
    "profiles": completion.profile,
    "presets": completion.preset,
    "policies": completion.memory,
    "segment-ends": completion.segment_end,
    "densities": completion.density,
    "backends": completion.backend,
    "prompts": completion.prompts,
    "benchmarks": completion.benchmark,
    "recipes": completion.recipe,
    "grpo-recipes": completion.grpo_recipe,
    "styles": completion.styles,
    "studies": completion.study,
    "gpus": completion.gpu,
    "shapes": completion.shape,
}


def test_every_name_is_one_that_is_taken_and_says_what_it_is(tmp_path: Path) -> None:
    done = vtc("list", "--json", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found.keys() == TAKES.keys() == set(completion.kind(""))
    for kind, entries in found.items():
        for entry in entries:
            TAKES[kind](entry["name"])
            assert len(entry["description"]) > 10 and not entry["description"].endswith("."), entry
    for kind, proposes in PROPOSED.items():
        assert sorted(proposes("")) == sorted(entry["name"] for entry in found[kind])


@pytest.mark.parametrize("kind", TAKES)
def test_one_kind_is_a_line_a_name_and_the_same_as_in_json(tmp_path: Path, kind: str) -> None:
    lines = vtc("list", kind, cwd=tmp_path, COLUMNS="40").out.splitlines()
    entries = json.loads(vtc("list", kind, "--json", cwd=tmp_path).out)
    assert [*entries] == [kind]
    assert [line.split(maxsplit=1) for line in lines] == [
        [entry["name"], entry["description"]] for entry in entries[kind]
    ]


@pytest.mark.parametrize(
    ("kind", "nearest"),
    [("profile", "profiles"), ("polices", "policies"), ("benchmark", "benchmarks"), ("gpu", "gpus")],
)
def test_an_unknown_kind_gets_the_nearest(tmp_path: Path, kind: str, nearest: str) -> None:
    done = vtc("list", kind, cwd=tmp_path)
    assert done.code == 2
    assert done.error.startswith(f"vtc-r1: unknown kind {kind!r}: did you mean {nearest!r}?")


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    script = """
import sys
sys.argv = ["vtc-r1", "list"]
from vtc_r1.cli.main import main
try:
    main()
except SystemExit as done:
    heavy = {"torch", "transformers", "openai", "pyarrow", "datasets", "fastapi"} & sys.modules.keys()
    print(done.code, *heavy, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() in ("None", "0")
