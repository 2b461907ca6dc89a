"""Training from the command line of a launcher: accelerate launch -m vtc_r1.sft.train RECIPE --out RUN."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vtc_r1.errors import VtcError
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.progress import (
    EvaluationFinished,
    Event,
    TrainingProgress,
    TrainingStarted,
    TrainingStopped,
)
from vtc_r1.sft.training.run import is_main, train


def say(event: Event) -> None:
    """Print a line about an event of a run, on standard error."""
    print(line(event), file=sys.stderr, flush=True)


def line(event: Event) -> str:
    """Describe an event of a run in one line, after one for each note."""
    match event:
        case TrainingStarted():
            share = f"{event.trained:,} of {event.weights:,} weights"
            left_out = f"  {event.left_out:,} examples over the cutoff are left out" if event.left_out else ""
            resumed = f"  resuming from step {event.resumed_from}" if event.resumed_from else ""
            first = f"{event.steps:,} steps over {event.examples:,} examples  {share}{left_out}{resumed}"
            return "\n".join([*event.notes, first])
        case TrainingProgress():
            left = (event.steps - event.step) * event.seconds / max(1, event.done_here)
            loss = "" if event.loss is None else f"  loss {event.loss:.4f}"
            return f"step {event.step}/{event.steps}{loss}  {left / 60:.0f} min left"
        case EvaluationFinished():
            share = f"{event.right}/{event.problems} right ({event.right / event.problems:.1%})"
            failed = f"  {event.failed} failed: {event.error}" if event.failed else ""
            took = f"{event.iterations:.2f} iterations  {event.seconds:.0f} s"
            return f"step {event.step}  {share}  {took}{failed}"
        case TrainingStopped(saved=None):
            return "stopping after this step, which is saved; a second signal ends at once"
        case TrainingStopped():
            return f"step {event.saved} is saved; run the same command again to resume"


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
        return error.exit_code
    except KeyboardInterrupt:
        print("vtc-r1: interrupted", file=sys.stderr)
        return 130
    if is_main():
        print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
