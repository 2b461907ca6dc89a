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
        RecipeError: a run by verl cannot use the recipe.
        CheckpointError: the checkpoint to start from is a folder that does not exist.
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
    run_preset = preset(recipe.preset, trusted=True)
    held_out = read_sets(recipe.evaluation.problems, "held out") if recipe.evaluation else []
    held_out_questions = {problem.question for problem_set in held_out for problem in problem_set.problems}
    problems = read_sets(recipe.problems, f"train:{recipe.seed}", held_out_questions)
    for problem_set in (*problems, *held_out):
        for problem in problem_set.problems:
            run_preset.question(problem.question)  # raises for a question that the preset does not take
        close = getattr(problem_set.grader, "close", None)
        if close is not None:
            close()
    return problems, held_out


def _rows(sets: Sequence[Problems], *, by_share: bool = True) -> list[dict[str, Any]]:
    """Return rows in the format of verl's data sets.

    verl draws all rows with the same probability, so the problems of a set are repeated until the numbers of
    rows are in the ratio of the shares.
    """
    rows_per_share = max(len(problem_set.problems) / problem_set.share for problem_set in sets)
    rows: list[dict[str, Any]] = []
    for problem_set in sets:
        count = len(problem_set.problems)
        if by_share:
            count = max(count, round(rows_per_share * problem_set.share))
        for problem in islice(cycle(problem_set.problems), count):
            rows.append(
                {
                    "data_source": problem_set.name,
                    "agent_name": AGENT,
                    "prompt": [{"role": "user", "content": problem.question}],
                    "reward_model": {"style": "rule", "ground_truth": problem.answer},
                    "extra_info": {
                        "index": len(rows),
                        "grader": problem_set.grader.name,
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
