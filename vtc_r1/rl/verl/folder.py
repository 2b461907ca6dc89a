"""The folder of a run by verl: its configuration, its problems, and the scripts that start it."""

import io
import json
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import atomic_folder
from vtc_r1.disk.claim import holds
from vtc_r1.errors import RecipeError, UsageError, require
from vtc_r1.presets import preset
from vtc_r1.rl.problems import Problems, read_sets
from vtc_r1.rl.recipe import GrpoRecipe
from vtc_r1.rl.rewards import RewardSum
from vtc_r1.rl.verl.configuration import AGENT, agent_loops, as_yaml, checked, configuration

RUN, MERGE, MARK, _RECIPE = "run.sh", "merge.sh", "verl.yaml", "recipe.json"
_HERE = 'here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)\n'
_RUN = f"""#!/usr/bin/env bash
# Trains by verl, and resumes. Arguments are passed on to verl: bash {RUN} 'trainer.logger=[console,wandb]'
set -euo pipefail
{_HERE}exec "${{PYTHON:-python}}" -m verl.trainer.main_ppo --config-path "$here" --config-name verl \\
  "hydra.run.dir='$here/hydra'" \\
  "data.train_files='$here/problems.parquet'" \\
  "data.val_files='$here/held-out.parquet'" \\
  "actor_rollout_ref.rollout.agent.agent_loop_config_path='$here/agent.yaml'" \\
  "trainer.default_local_dir='$here/saves'" \\
  "$@"
"""
_MERGE = f"""#!/usr/bin/env bash
# Makes a checkpoint of the last save.
set -euo pipefail
{_HERE}step=$(cat "$here/saves/latest_checkpointed_iteration.txt")
exec "${{PYTHON:-python}}" -m verl.model_merger merge --backend fsdp \\
  --local_dir "$here/saves/global_step_$step/actor" --target_dir "$here/checkpoint"
"""
_KEPT = ("saves", "hydra", "checkpoint")


def write(recipe: GrpoRecipe, out: Path) -> Path:
    """Write the folder of a run; return the script that starts it.

    The same recipe may be written again, also into the folder of a run that has begun.

    Raises:
        RecipeError: the recipe cannot be used on this road.
        CheckpointError: the checkpoint to start from is a folder that is not there.
        UsageError: something that it names is unknown, or the folder holds something else or another run.
        MissingExtra: pyarrow is not installed.
        StorageError: the folder cannot be written.
    """
    require("pyarrow", extra="train", what="writing problems for verl")
    checked(recipe)
    RewardSum(recipe.rewards)
    problems, held_out = _sets(recipe)
    rows = _rows(problems)
    if len(rows) < recipe.groups:
        raise RecipeError(
            f"groups = {recipe.groups}: there are {len(rows)} problems; give more, or fewer groups"
        )
    files = {
        MARK: as_yaml(configuration(recipe)).encode(),
        "agent.yaml": as_yaml(agent_loops(recipe)).encode(),
        "problems.parquet": _parquet(rows),
        "held-out.parquet": _parquet(_rows(held_out or problems[:1], by_share=False)),
        _RECIPE: (recipe.model_dump_json(indent=2) + "\n").encode(),
        RUN: _RUN.encode(),
        MERGE: _MERGE.encode(),
    }
    if holds(out, MARK, "run by verl") and (out / _RECIPE).read_bytes() != files[_RECIPE]:
        raise UsageError(f"{out}: holds a run by verl of another recipe; choose another --out")
    with writable(out), atomic_folder(out, keep=lambda name: name in _KEPT) as fresh:
        for name, data in files.items():
            (fresh / name).write_bytes(data)
            (fresh / name).chmod(0o755 if name.endswith(".sh") else 0o644)
    return out / RUN


def _sets(recipe: GrpoRecipe) -> tuple[list[Problems], list[Problems]]:
    """Return the problems to train on and those held out, as a run in this process draws them."""
    asks = preset(recipe.preset, trusted=True)
    held_out = read_sets(recipe.evaluation.problems, "held out") if recipe.evaluation else []
    withheld = {problem.question for one in held_out for problem in one.problems}
    problems = read_sets(recipe.problems, f"train:{recipe.seed}", withheld)
    for one in (*problems, *held_out):
        for problem in one.problems:
            asks.question(problem.question)
        close = getattr(one.grader, "close", None)
        if close is not None:
            close()
    return problems, held_out


def _rows(sets: Sequence[Problems], *, by_share: bool = True) -> list[dict[str, Any]]:
    """Return rows in the form of verl's data sets.

    verl draws all rows alike, so the problems of a set are repeated until the sets stand in the ratio of
    their shares.
    """
    most = max(len(one.problems) / one.share for one in sets)
    rows: list[dict[str, Any]] = []
    for one in sets:
        count = max(len(one.problems), round(most * one.share)) if by_share else len(one.problems)
        for problem in islice(cycle(one.problems), count):
            rows.append(
                {
                    "data_source": one.name,
                    "agent_name": AGENT,
                    "prompt": [{"role": "user", "content": problem.question}],
                    "reward_model": {"style": "rule", "ground_truth": problem.answer},
                    "extra_info": {
                        "index": len(rows),
                        "grader": one.grader.name,
                        "problem": json.dumps(problem.model_dump(mode="json"), ensure_ascii=False),
                    },
                }
            )
    return rows


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), buffer)
    return buffer.getvalue()
