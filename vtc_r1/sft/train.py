"""Training from the command line of a launcher: accelerate launch -m vtc_r1.sft.train RECIPE --out RUN."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vtc_r1.errors import UsageError, VtcError
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.progress import Began, Evaluated, TrainingProgress
from vtc_r1.sft.training.run import is_main, train


def say(told: Began | TrainingProgress | Evaluated) -> None:
    """Print what a run tells of itself, a line on standard error."""
    print(line(told), file=sys.stderr, flush=True)


def line(told: Began | TrainingProgress | Evaluated) -> str:
    """Put what a run tells of itself into one line."""
    match told:
        case Began():
            share = f"{told.trained:,} of {told.weights:,} weights"
            left_out = f"  {told.left_out:,} examples over the cutoff are left out" if told.left_out else ""
            resumed = f"  resuming from step {told.resumed_from}" if told.resumed_from else ""
            return f"{told.steps:,} steps over {told.examples:,} examples  {share}{left_out}{resumed}"
        case TrainingProgress():
            left = (told.steps - told.step) * told.seconds / max(1, told.done_here)
            loss = "" if told.loss is None else f"  loss {told.loss:.4f}"
            return f"step {told.step}/{told.steps}{loss}  {left / 60:.0f} min left"
        case Evaluated():
            share = f"{told.right}/{told.problems} right ({told.right / told.problems:.1%})"
            failed = f"  {told.failed} failed: {told.error}" if told.failed else ""
            return (
                f"step {told.step}  {share}  {told.iterations:.2f} iterations  {told.seconds:.0f} s{failed}"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train by the arguments of a command line; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m vtc_r1.sft.train", description=__doc__)
    parser.add_argument("recipe", help="name of a recipe, or its TOML file")
    parser.add_argument("--out", type=Path, help="folder of the run")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change the recipe")
    given = parser.parse_args(arguments)
    try:
        recipe = load_recipe(given.recipe, given.set)
        folder = train(recipe, given.out or recipe.default_folder(), say)
    except VtcError as error:
        print(f"vtc-r1: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    if is_main():
        print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
