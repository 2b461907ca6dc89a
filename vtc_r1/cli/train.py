"""`vtc-r1 train`: recipes → checkpoints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vtc_r1.cli import completion
from vtc_r1.cli.manual import manual

if TYPE_CHECKING:
    from vtc_r1.sft.training.recipe import Recipe


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("train", epilog=MANUAL)(train)


MANUAL = manual(
    {
        "vtc-r1 train qwen3-vl-8b --set data=data/openr1 --out runs/8b": "a shipped recipe, on built data",
        "vtc-r1 train nano --out runs/nano": "the embedded model, from nothing; again: it resumes",
    },
    exits={
        0: "trained",
        1: "data or disk failed, or the hub is not reached",
        2: "a recipe, checkpoint, folder or data set that is not there or does not fit",
    },
    environment={"OMP_NUM_THREADS": "cores that torch takes"},
)


def train(
    recipe: Annotated[
        str | None,
        typer.Argument(help="Name of a recipe, or its TOML file; --list.", autocompletion=completion.recipe),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run, runs/RECIPE; the same folder again resumes it.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; repeatable.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="Checkpoint to start from; short for --set model=CHECKPOINT.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Optimiser steps.")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0, help="Peak learning rate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of new weights and of the data's order.")] = None,
    print_it: Annotated[
        bool, typer.Option("--print", help="Print the recipe and how several GPUs run it; train nothing.")
    ] = False,
    list_them: Annotated[bool, typer.Option("--list", help="Print the recipes.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Train a model by a recipe.

    The run is saved every few minutes: Ctrl-C or a crash loses no more than that, and the same command
    resumes. The finished checkpoint's folder goes to standard output, progress to standard error.
    """
    from vtc_r1.errors import UsageError
    from vtc_r1.sft.training.loading import load_recipe, recipe_names

    if list_them:
        print("\n".join(recipe_names()))
        return
    if recipe is None:
        raise UsageError(f"no recipe: give one of {', '.join(recipe_names())}, or a TOML file")
    short = {"model": start, "steps": steps, "learning_rate": learning_rate, "seed": seed}
    given = [f"{key}={value}" for key, value in short.items() if value is not None]
    chosen = load_recipe(recipe, [*(settings or []), *given])
    folder = out or chosen.default_folder()
    if print_it:
        _print(recipe, chosen, folder)
        return
    from vtc_r1.sft.train import say
    from vtc_r1.sft.training.run import train as run

    print(run(chosen, folder, (lambda event: None) if quiet else say))


def _print(name: str, recipe: "Recipe", folder: Path) -> None:
    """Print every value of a recipe, and the command lines for several GPUs."""
    import json

    from vtc_r1.sft.training.loading import accelerate_config

    for key, value in recipe.model_dump(mode="json").items():
        print(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    if not recipe.curriculum:
        for kind in ("fsdp", "zero3"):
            print(
                f"\n# {kind}\naccelerate launch --config_file {accelerate_config(kind)} "
                f"-m vtc_r1.sft.train {name} --out {folder}"
            )
