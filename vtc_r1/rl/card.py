"""The model card of a run, and the statement in its checkpoint of what it was trained for."""

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
    """Return what the checkpoint was trained for: its statement before the run, and the run's settings."""
    before = TrainedFor.read(config.to_dict(), recipe.model) or TrainedFor()
    profile, prompts = load_profile(recipe.profile), PromptSet(recipe.prompts)
    longest = max((problem_set.lines[1] for problem_set in recipe.problems if problem_set.kind), default=0)
    return before.model_copy(
        update={
            "preset": recipe.preset,
            "memory": _unique((*before.memory, recipe.memory)),
            "profiles": _unique((Named(name=profile.name, sha256=profile.sha256), *before.profiles)),
            "prompts": _unique((Named(name=prompts.name, sha256=prompts.sha256), *before.prompts)),
            "densities": before.densities or ("fixed",),
            "segment_ends": _unique((*before.segment_ends, "limit")),
            "iterations": max(before.iterations or 0, longest) or None,
        }
    )


def note_statement(network: Any, recipe: GrpoRecipe) -> None:
    """Write the statement into the configuration of a model that is to be saved."""
    setattr(network.config, KEY, statement(network.config, recipe).written())


def card(prepared: Prepared, state: State) -> str:
    """Write the card."""
    recipe = prepared.recipe
    header = [
        *([f"license: {recipe.licence}"] if recipe.licence else []),
        "library_name: transformers",
        "pipeline_tag: image-text-to-text",
        "tags: [vtc-r1, optical-memory, reinforcement-learning]",
        *([f"base_model: {prepared.start.hub_id}"] if prepared.start.hub_id else []),
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
        "began from": prepared.start.name,
        "method": f"GRPO over whole solves of the loop; frozen: {', '.join(frozen) or 'nothing'}",
        "reward": ", ".join(part.name for part in prepared.rewards.parts),
        "optimiser steps": f"{state.step * recipe.updates:,}",
        "groups a step, solves a group": f"{recipe.groups}, {recipe.group_size}",
        "advantage, clipping, KL": f"{recipe.advantage}, {recipe.clip_low:g} to {recipe.clip_high:g}, "
        f"{recipe.kl:g}",
        "learning rate": f"{recipe.learning_rate:g}, {recipe.schedule}, warm-up {recipe.warmup_steps} steps",
        "interpolation": f"{recipe.interpolation:g} of the way from the weights at the start",
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
            _problems(prepared),
            _metrics(state.history),
            _recipe(recipe),
            "## Limits\n\nNothing beyond the figures above was measured by the run. Licences of the model "
            "that it began from still apply.\n",
            f'## Use\n\n```bash\nvtc-r1 solve "QUESTION" --model THIS_FOLDER --preset {cell(recipe.preset)} '
            f"--profile {cell(recipe.profile)} --prompts {cell(recipe.prompts)}\n```\n",
        ]
    )


def _recipe(recipe: GrpoRecipe) -> str:
    """Write the recipe, with which the run can be repeated."""
    values = json.dumps(recipe.model_dump(mode="json"), ensure_ascii=False, indent=1)
    return f"## Recipe\n\n`vtc-r1 train grpo` with these values:\n\n```json\n{values}\n```\n"


def _problems(prepared: Prepared) -> str:
    rows = "".join(
        f"| {cell(problem_set.name)} | {len(problem_set.problems)} | {problem_set.share:g} |\n"
        for problem_set in prepared.problems
    )
    return f"## Problems\n\n| set | problems | share |\n|---|---|---|\n{rows}"


def _metrics(history: Sequence[dict[str, Any]]) -> str:
    """Write the correct answers to held-out problems at every evaluation."""
    evaluations = [row for row in history if "scores" in row]
    if not evaluations:
        return "## Figures\n\nNo held-out problems were solved.\n"
    steps = "".join(f" step {evaluation['step']} |" for evaluation in evaluations)
    rows = ""
    for index, score in enumerate(evaluations[0]["scores"]):
        correct = "".join(f" {evaluation['scores'][index]['correct']} |" for evaluation in evaluations)
        rows += f"| {cell(score['name'])} | {score['problems']} |{correct}\n"
    return (
        "## Figures\n\nCorrect answers to held-out problems, solved by the loop, greedily.\n\n"
        f"| set | problems |{steps}\n|---|---|{'---|' * len(evaluations)}\n{rows}"
    )


def _unique(values: Sequence[Any]) -> tuple[Any, ...]:
    """Return the values without repetitions, in order; they need not be hashable."""
    unique: list[Any] = []
    for value in values:
        if value not in unique:
            unique.append(value)
    return tuple(unique)
