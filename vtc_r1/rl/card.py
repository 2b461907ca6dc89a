"""The model card of a run, and what its checkpoint says that it was trained for."""

import json
from collections.abc import Sequence
from typing import Any

from vtc_r1.configuration import Named
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.rl.prepare import Prepared
from vtc_r1.rl.recipe import GrpoRecipe
from vtc_r1.rl.saves import State
from vtc_r1.sft.training.card import cell
from vtc_r1.sft.training.run_summary import library_versions
from vtc_r1.trained import KEY, TrainedFor


def statement(config: Any, recipe: GrpoRecipe) -> TrainedFor:
    """Return what the checkpoint was trained for: what it said before, and the settings of the run."""
    before = TrainedFor.read(config.to_dict(), recipe.model) or TrainedFor()
    profile, prompts = load_profile(recipe.profile), PromptSet(recipe.prompts)
    longest = max((one.lines[1] for one in recipe.problems if one.kind), default=0)
    return before.model_copy(
        update={
            "preset": recipe.preset,
            "memory": _each((*before.memory, recipe.memory)),
            "profiles": _each((Named(name=profile.name, sha256=profile.sha256), *before.profiles)),
            "prompts": _each((Named(name=prompts.name, sha256=prompts.sha256), *before.prompts)),
            "densities": before.densities or ("fixed",),
            "segment_ends": _each((*before.segment_ends, "limit")),
            "iterations": max(before.iterations or 0, longest) or None,
        }
    )


def note_statement(network: Any, recipe: GrpoRecipe) -> None:
    """Write the statement into the configuration of a model that is to be saved."""
    setattr(network.config, KEY, statement(network.config, recipe).written())


def card(ready: Prepared, state: State) -> str:
    """Write the card."""
    recipe = ready.recipe
    header = [
        *([f"license: {recipe.licence}"] if recipe.licence else []),
        "library_name: transformers",
        "pipeline_tag: image-text-to-text",
        "tags: [vtc-r1, optical-memory, reinforcement-learning]",
        *([f"base_model: {ready.start.hub_id}"] if ready.start.hub_id else []),
    ]
    frozen = [
        name
        for name, is_frozen in (
            ("vision tower", recipe.freeze_vision),
            ("projector", recipe.freeze_projector),
        )
        if is_frozen
    ]
    rows = {
        "began from": ready.start.name,
        "method": f"GRPO over whole solves of the loop; frozen: {', '.join(frozen) or 'nothing'}",
        "reward": ", ".join(part.name for part in ready.rewards.parts),
        "optimiser steps": f"{state.step * recipe.updates:,}",
        "groups a step, solves a group": f"{recipe.groups}, {recipe.group_size}",
        "advantage, clipping, KL": f"{recipe.advantage}, {recipe.clip_low:g} to {recipe.clip_high:g}, "
        f"{recipe.kl:g}",
        "learning rate": f"{recipe.learning_rate:g}, {recipe.schedule}, warm-up {recipe.warmup_steps} steps",
        "temperature": f"{recipe.temperature:g}",
        "memory, profile, prompt set": f"{recipe.memory}, {recipe.profile}, {recipe.prompts}",
        "precision": f"{recipe.precision}; saved as {recipe.save_as}",
        "seed": f"{recipe.seed}",
        "versions": ", ".join(f"{name} {version}" for name, version in library_versions().items()),
    }
    table = "".join(f"| {name} | {cell(value)} |\n" for name, value in rows.items())
    return "\n".join(
        [
            "---\n" + "\n".join(header) + "\n---\n",
            f"# {cell(recipe.name)}\n\nReasons in segments, with earlier segments as its memory. Trained by "
            f"`vtc-r1 train grpo`: every solve has one reward, which all of its segments share.\n\n"
            f"| | |\n|---|---|\n{table}",
            _problems(ready),
            _figures(state.history),
            _recipe(recipe),
            "## Limits\n\nNothing beyond the figures above was measured by the run. Licences of the model "
            "that it began from still apply.\n",
            f'## Use\n\n```bash\nvtc-r1 solve "QUESTION" --model THIS_FOLDER --preset {cell(recipe.preset)} '
            f"--profile {cell(recipe.profile)} --prompts {cell(recipe.prompts)}\n```\n",
        ]
    )


def _recipe(recipe: GrpoRecipe) -> str:
    """Write the recipe, by which the run can be done again."""
    values = json.dumps(recipe.model_dump(mode="json"), ensure_ascii=False, indent=1)
    return f"## Recipe\n\n`vtc-r1 train grpo` with these values:\n\n```json\n{values}\n```\n"


def _problems(ready: Prepared) -> str:
    rows = "".join(f"| {cell(one.name)} | {len(one.problems)} | {one.share:g} |\n" for one in ready.problems)
    return f"## Problems\n\n| set | problems | share |\n|---|---|---|\n{rows}"


def _figures(history: Sequence[dict[str, Any]]) -> str:
    """Write what was measured on held-out problems, at first and at every later evaluation."""
    evaluations = [each for each in history if "scores" in each]
    if not evaluations:
        return "## Figures\n\nNo held-out problems were solved.\n"
    steps = "".join(f" step {each['step']} |" for each in evaluations)
    rows = ""
    for at, one in enumerate(evaluations[0]["scores"]):
        right = "".join(f" {each['scores'][at]['right']} |" for each in evaluations)
        rows += f"| {cell(one['name'])} | {one['problems']} |{right}\n"
    return (
        "## Figures\n\nRight answers to held-out problems, solved by the loop, greedily.\n\n"
        f"| set | problems |{steps}\n|---|---|{'---|' * len(evaluations)}\n{rows}"
    )


def _each(values: Sequence[Any]) -> tuple[Any, ...]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return tuple(found)
