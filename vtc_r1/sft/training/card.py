"""The model card: what was trained, on what, how, and the results, in the hub's format."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vtc_r1.sft.built.statistics import Statistics
from vtc_r1.sft.training.recipe import Recipe


@dataclass(frozen=True)
class DataSet:
    """A data set that a run was trained on."""

    name: str  #: name of its folder
    source: str  #: source of its rows, in words
    memory: str  #: how it carries earlier segments
    sha256: str  #: identity of its configuration
    figures: Statistics  #: its statistics


@dataclass(frozen=True)
class RunSummary:
    """Everything on a card."""

    recipe: Recipe  #: the recipe
    start: str  #: the starting checkpoint, in words
    base_model: str | None  #: its hub id, None if it has none
    steps: int  #: optimiser steps done
    examples: int | None  #: examples within the cutoff; None for a curriculum
    left_out: int  #: examples beyond it
    data: Sequence[DataSet]  #: the data sets; none for a curriculum
    losses: Sequence[tuple[int, float]]  #: step and training loss, as reported
    evaluations: Sequence[tuple[int, int, float, float]]  #: step, problems, accuracy and mean iterations
    problems: str  #: description of the evaluation problems
    trained: tuple[int, int]  #: number of trained weights, and of all weights
    processes: int  #: number of training processes
    machine: str  #: the machine, in words
    versions: dict[str, str]  #: of the libraries


def card(summary: RunSummary) -> str:
    """Write the card."""
    parts = [
        _header(summary),
        _about(summary),
        _data(summary),
        _figures(summary),
        _limits(summary),
        _use(summary.recipe),
    ]
    return "\n".join(parts)


def _header(summary: RunSummary) -> str:
    """The YAML that the hub reads; a licence or a base model only if it is known."""
    lines = [
        "library_name: transformers",
        "pipeline_tag: image-text-to-text",
        "tags: [vtc-r1, optical-memory]",
    ]
    if summary.recipe.licence:
        lines.insert(0, f"license: {summary.recipe.licence}")
    if summary.base_model:
        lines.append(f"base_model: {summary.base_model}")
    return "---\n" + "\n".join(lines) + "\n---\n"


def _about(summary: RunSummary) -> str:
    recipe = summary.recipe
    trained, weights = summary.trained
    method = f"LoRA, rank {recipe.lora.rank}, merged into the weights" if recipe.lora else "full"
    frozen = [
        name
        for name, is_frozen in (
            ("vision tower", recipe.freeze_vision),
            ("projector", recipe.freeze_projector),
        )
        if is_frozen
    ]
    processes = 1 if recipe.curriculum else summary.processes
    rows = {
        "began from": summary.start,
        "method": f"{method}; frozen: {', '.join(frozen) or 'nothing'}",
        "weights trained": f"{trained:,} of {weights:,}",
        "optimiser steps": f"{summary.steps:,}",
        "examples a step": f"{recipe.batch * recipe.accumulation * processes}",
        "learning rate": f"{recipe.learning_rate:g}, {recipe.schedule}, warm-up {recipe.warmup:g}",
        "weight decay, β₂, clipping": f"{recipe.weight_decay:g}, {recipe.beta2:g}, {recipe.max_grad_norm:g}",
        "precision": f"{recipe.precision}; saved as {recipe.save_as}",
        "profile, prompt set": f"`{cell(recipe.profile)}`, `{cell(recipe.prompts)}`",
        "seed": f"{recipe.seed}",
        "machine": f"{cell(summary.machine)}, {summary.processes} process{'es' * (summary.processes > 1)}",
        "versions": ", ".join(f"{name} {version}" for name, version in summary.versions.items()),
    }
    table = "".join(
        f"| {name} | {cell(value) if '`' not in value else value} |\n" for name, value in rows.items()
    )
    return (
        f"# {cell(recipe.name)}\n\nReasons in segments, with earlier segments as its memory. Trained by "
        f"`vtc-r1 train` with the loss on the target of each segment alone.\n\n| | |\n|---|---|\n{table}"
    )


def _data(summary: RunSummary) -> str:
    if not summary.data:
        return "## Data\n\nProblems and their solutions are generated while training, by a seed.\n"
    rows = "".join(
        f"| {cell(each.name)} | {cell(each.source)} | {each.memory} | {each.figures.examples:,} | "
        f"{each.figures.traces:,} | {each.figures.text_tokens:,} → {each.figures.vision_tokens:,} | "
        f"`{each.sha256[:12]}` |\n"
        for each in summary.data
    )
    return (
        "## Data\n\n| data set | source | memory | examples | traces | text → vision tokens of pages | "
        f"configuration |\n|---|---|---|---|---|---|---|\n{rows}\n"
        f"{summary.examples:,} examples were trained on; {summary.left_out:,} over the cutoff of "
        f"{summary.recipe.cutoff:,} tokens were left out.\n"
    )


def _figures(summary: RunSummary) -> str:
    parts = ["## Figures\n"]
    if summary.losses:
        step, last = summary.losses[-1]
        parts.append(f"Training loss: {summary.losses[0][1]:.4f} at first, {last:.4f} at step {step:,}.\n")
    if summary.evaluations:
        rows = "".join(
            f"| {step:,} | {accuracy:.1%} of {problems} | {iterations:.2f} |\n"
            for step, problems, accuracy, iterations in summary.evaluations
        )
        plan = summary.recipe.evaluation
        memory = plan.memory if plan else ""
        parts.append(
            f"Solved by the loop during training: {cell(summary.problems)}, memory {memory}, greedy.\n\n"
            f"| step | right | iterations |\n|---|---|---|\n{rows}"
        )
    else:
        parts.append("No problems were solved during training.\n")
    return "\n".join(parts)


def _limits(summary: RunSummary) -> str:
    return (
        "## Limits\n\nNothing beyond the figures above was measured by the training run. `config.json` says "
        "under `vtc_r1` which memory policies, profiles, prompt sets and segments it was trained for; "
        "`vtc-r1` warns if a solve uses others. The licences of the data and of the base model still apply.\n"
    )


def _use(recipe: Recipe) -> str:
    preset = f"--preset {recipe.preset} --profile {cell(recipe.profile)} --prompts {cell(recipe.prompts)}"
    return f'## Use\n\n```bash\nvtc-r1 solve "QUESTION" --model THIS_FOLDER {preset}\n```\n'


def cell(text: str) -> str:
    """A text from outside as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")


def history(
    log: Sequence[dict[str, Any]],
) -> tuple[list[tuple[int, float]], list[tuple[int, int, float, float]]]:
    """Take losses and evaluations out of a trainer's log."""
    losses = [(entry["step"], float(entry["loss"])) for entry in log if "loss" in entry]
    evaluations = [
        (
            entry["step"],
            int(entry["eval_problems"]),
            float(entry["eval_accuracy"]),
            float(entry["eval_iterations"]),
        )
        for entry in log
        if "eval_accuracy" in entry
    ]
    return losses, evaluations
