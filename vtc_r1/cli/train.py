"""`vtc-r1 train`: recipes → checkpoints."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vtc_r1.cli import completion, options
from vtc_r1.cli.manual import manual
from vtc_r1.cli.options import argument, flag, record

if TYPE_CHECKING:
    from vtc_r1.rl.recipe import GrpoRecipe
    from vtc_r1.sft.training.recipe import Recipe


GRPO = "grpo"  #: the word before a recipe of reinforcement learning
MANUAL = manual(
    {
        "vtc-r1 train qwen3-vl-8b --set data=data/openr1 --out runs/8b": "a shipped recipe, on built data",
        "vtc-r1 train qwen3-vl-8b --estimate --gpu h200": "what it would take on 1 to 64 of these GPUs",
        "vtc-r1 train nano --out runs/nano": "the embedded model, from nothing; again: it resumes",
        "vtc-r1 train grpo nano --out runs/rl": "the embedded model, further, by reinforcement learning",
        "vtc-r1 train grpo qwen3-vl-8b --out runs/rl-8b": "write a run by verl, for GPUs; --launch starts it",
    },
    exits={
        0: "trained",
        1: "a loss is not finite, data or disk failed, or the hub is not reached",
        2: "a recipe, checkpoint, folder or data set that is not there or does not fit",
    },
    environment={"OMP_NUM_THREADS": "cores that torch takes"},
)


_ESTIMATE = "Estimate"


@record
class TrainFlags:
    """The flags of the command."""

    recipe: str | None = argument(
        "Name of a recipe, or its TOML file; --list. grpo: reinforcement learning by the recipe after it.",
        autocompletion=completion.recipe,
    )
    then: str | None = argument(
        "After grpo: name of a recipe of reinforcement learning, or its TOML file.",
        metavar="[GRPO_RECIPE]",
        autocompletion=completion.grpo_recipe,
    )
    out: Path | None = flag("Folder of the run, runs/RECIPE; the same folder again resumes it.")
    settings: list[str] | None = flag("Change the recipe; repeatable.", None, "--set", metavar="KEY=VALUE")
    start: str | None = flag("Checkpoint to start from; short for --set model=CHECKPOINT.")
    steps: int | None = flag("Optimiser steps.", min=1)
    learning_rate: float | None = flag("Peak learning rate.", min=0)
    seed: int | None = flag("Of new weights and of the data's order.")
    print_it: bool = flag(
        "Print the recipe and how several GPUs run it; train nothing.", None, "--print", default=False
    )
    launch: bool = flag(
        "After grpo: start the run by verl that the recipe describes, once it is written.",
        None,
        "--launch",
        default=False,
    )
    list_them: bool = flag("Print the recipes.", None, "--list", default=False)
    estimate: bool = flag(
        "Print memory, hours and dollars on 1 to 64 GPUs; load and train nothing.",
        _ESTIMATE,
        "--estimate",
        default=False,
    )
    gpu: str | None = flag(
        "Their kind: a100-80, h100 (by default), h200 or b200.",
        _ESTIMATE,
        autocompletion=completion.gpu,
    )
    gpu_price: float | None = flag("Dollars an hour of one of them.", _ESTIMATE, min=0)
    as_json: bool = flag("Print it as JSON.", _ESTIMATE, "--json", default=False)
    quiet: bool = flag("No progress.", None, "--quiet", "-q", default=False)


def train(asked: TrainFlags) -> None:
    """Train a model by a recipe: on examples, or with `grpo` on its own solves, by their rewards.

    The run is saved every few minutes, so a crash loses no more than that; Ctrl-C and SIGTERM save the
    present step. The same command resumes. The finished checkpoint's folder goes to standard output, progress
    to standard error.
    """
    from vtc_r1.errors import UsageError
    from vtc_r1.sft.training.loading import load_recipe, recipe_names

    if not asked.estimate:
        for name in ("gpu", "gpu_price", "as_json"):
            if getattr(asked, name) not in (None, False):
                flag_name = "json" if name == "as_json" else name.replace("_", "-")
                raise UsageError(f"--{flag_name} is for an estimate: add --estimate")
    if asked.recipe == GRPO:
        if asked.estimate:
            raise UsageError(f"--estimate is for training on examples; {GRPO} has none yet")
        _grpo(asked)
        return
    if asked.launch:
        raise UsageError(f"--launch: starts a run by verl; it goes with {GRPO} RECIPE")
    if asked.then is not None:
        raise UsageError(f"{asked.then}: a second recipe, and there is one at a time; or: {GRPO} RECIPE")
    if asked.list_them:
        print("\n".join(recipe_names()))
        return
    if asked.recipe is None:
        raise UsageError(f"no recipe: give one of {', '.join(recipe_names())}, or a TOML file")
    chosen = load_recipe(asked.recipe, _settings(asked))
    folder = asked.out or chosen.default_folder()
    if asked.print_it:
        _print(asked.recipe, chosen, folder)
        return
    if asked.estimate:
        from vtc_r1.cli.train_estimate import show

        show(chosen, asked.gpu or "h100", asked.gpu_price, as_json=asked.as_json)
        return
    from vtc_r1.sft.train import say
    from vtc_r1.sft.training.run import train as run

    print(run(chosen, folder, (lambda told: None) if asked.quiet else say))


register = options.added("train", train, MANUAL)


def _grpo(asked: TrainFlags) -> None:
    """Train by reinforcement learning."""
    from vtc_r1.errors import UsageError
    from vtc_r1.rl.recipe import GRPO as RECIPES
    from vtc_r1.rl.rewards import RewardSum

    if asked.list_them:
        print("\n".join(RECIPES.names()))
        return
    if asked.then is None:
        raise UsageError(f"no recipe: give one of {', '.join(RECIPES.names())}, or a TOML file")
    chosen = RECIPES.load(asked.then, _settings(asked))
    RewardSum(chosen.rewards)  # names, options and weights, also of a recipe that is only printed
    if asked.print_it:
        _print_values(chosen)
        return
    if chosen.cluster is not None:
        _by_verl(chosen, asked)
        return
    if asked.launch:
        raise UsageError(f"--launch: recipe {asked.then} runs in this process; leave the flag out")
    from vtc_r1.rl.progress import Event, ProgressTable
    from vtc_r1.rl.run import train as run

    table = ProgressTable()

    def report(event: Event) -> None:
        if not asked.quiet:
            print(table.lines(event), file=sys.stderr, flush=True)

    print(run(chosen, asked.out or chosen.default_folder(), report))


def _by_verl(recipe: "GrpoRecipe", asked: TrainFlags) -> None:
    """Write a run by verl, and start it with `--launch`."""
    from vtc_r1.rl.verl.folder import MERGE, write
    from vtc_r1.rl.verl.launch import check_launch, launch

    assert recipe.cluster is not None
    if asked.launch:
        check_launch(recipe.cluster)
    script = write(recipe, asked.out or recipe.default_folder())
    if asked.launch:
        launch(script)
    elif not asked.quiet:
        print(f"start it where the extra rl is installed: bash {script}", file=sys.stderr)
    if not asked.quiet:
        print(f"then make a checkpoint of its last save: bash {script.with_name(MERGE)}", file=sys.stderr)
    print(script.parent)


def _settings(asked: TrainFlags) -> list[str]:
    """The settings of a recipe that were given, also by short flags."""
    short = {
        "model": asked.start,
        "steps": asked.steps,
        "learning_rate": asked.learning_rate,
        "seed": asked.seed,
    }
    return [*(asked.settings or []), *(f"{key}={value}" for key, value in short.items() if value is not None)]


def _print_values(recipe: "Recipe | GrpoRecipe") -> None:
    """Print every value of a recipe."""
    import json

    for key, value in recipe.model_dump(mode="json").items():
        print(f"{key} = {json.dumps(value, ensure_ascii=False)}")


def _print(name: str, recipe: "Recipe", folder: Path) -> None:
    """Print every value of a recipe, and the command lines for several GPUs."""
    from vtc_r1.sft.training.loading import accelerate_config

    _print_values(recipe)
    if not recipe.curriculum:
        for kind in ("fsdp", "zero3"):
            print(
                f"\n# {kind}\naccelerate launch --config_file {accelerate_config(kind)} "
                f"-m vtc_r1.sft.train {name} --out {folder}"
            )
