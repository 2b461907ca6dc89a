"""`vtc-r1 train`: train the embedded model."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vtc_r1.cli.manual import manual
from vtc_r1.errors import UnknownName

if TYPE_CHECKING:
    from vtc_r1.sft.train import Progress

RECIPES = ("nano",)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("train", epilog=MANUAL)(train)


MANUAL = manual(
    {
        "vtc-r1 train nano --out runs/nano": "the shipped recipe, from nothing; again, and it goes on",
        "vtc-r1 train nano --steps 200 --out runs/short": "a look at it",
    },
    exits={1: "it cannot go on"},
    environment={"OMP_NUM_THREADS": "cores that torch takes"},
)


def train(
    recipe: Annotated[str, typer.Argument(help="What to train: nano, the embedded model.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; the same folder again resumes it.")],
    steps: Annotated[int | None, typer.Option(min=16, help="Optimiser steps.")] = None,
    seed: Annotated[int, typer.Option(help="Of the initial weights and of the data.")] = 0,
    start: Annotated[str | None, typer.Option(help="Checkpoint whose weights to start from.")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0, help="Its peak.")] = None,
) -> None:
    """Train the embedded model from nothing on generated problems.

    It saves every few minutes; Ctrl-C loses no more than that, and the same command resumes.
    """
    from vtc_r1.sft.train import NanoRecipe, train_nano

    if recipe not in RECIPES:
        raise UnknownName("recipe", recipe, RECIPES)
    given = {"steps": steps, "learning_rate": learning_rate}
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    print(train_nano(out, replace(NanoRecipe(seed=seed, start=start), **changed), _report))


def _report(progress: "Progress") -> None:
    left = (progress.steps - progress.step) * progress.seconds / max(1, progress.done_here)
    print(
        f"step {progress.step}/{progress.steps}  loss {progress.loss:.4f}  {left / 60:.0f} min left",
        file=sys.stderr,
        flush=True,
    )
