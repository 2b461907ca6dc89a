"""What reinforcement buys, beside controls of as many steps: python benchmarks/reinforcement.py --out FOLDER.

Three ways from one checkpoint, for each seed, by the recipe `nano` of `vtc-r1 train grpo`:

grpo        the recipe itself
rejection   right solves by the checkpoint, imitated: as many a step as grpo trains on
supervised  worked solutions of the same problems, imitated: as many a step

All take as many steps with the same optimiser and learning rate, on problems drawn by the same shares, and
solve the same held-out problems greedily. Prints the right ones before and after, and the paired difference
of every way to grpo, over problems. What is finished stays in --out and is not done again.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vtc_r1.cli.tables import table
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.eval.metrics import compare
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runner import answer_text
from vtc_r1.exercises import beyond
from vtc_r1.exercises.exercise import plain
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Renderer
from vtc_r1.rl.prepare import Prepared, prepare
from vtc_r1.rl.problems import Problems
from vtc_r1.rl.progress import Lines
from vtc_r1.rl.recipe import GRPO, GrpoRecipe
from vtc_r1.rl.rollouts import seed_of, solve
from vtc_r1.rl.run import train
from vtc_r1.rl.samples import Sample, sample_of
from vtc_r1.rl.update import Learner
from vtc_r1.sft.examples import segment_example, segment_targets
from vtc_r1.sft.packing import IGNORED
from vtc_r1.sft.rows import worked_row

WAYS = ("grpo", "rejection", "supervised")
START = "start"
Verdicts = dict[str, list[int]]  #: 1 for a right answer, else 0, to every held-out problem, by set


class Imitation(Learner):
    """Trains by the mean log-probability of tokens, of whatever origin."""

    def _pass(self, samples: Sequence[Sample], advantages: Sequence[float], tokens: int) -> Any:
        batch = self.packer.batch([sample.packed for sample in samples])
        labels = batch.pop("shift_labels")
        batch.pop("labels")
        logits = self._logits(self.network, batch).flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(
            logits, labels.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        (loss / tokens).backward()
        return np.array([float(loss.detach()), 0.0, 0.0, 0.0, 0.0])


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def held_out(ready: Prepared) -> Verdicts:
    """Solve the held-out problems greedily."""
    return {one.name: _verdicts(ready, one) for one in ready.held_out}


def _verdicts(ready: Prepared, one: Problems) -> list[int]:
    found: list[int] = []
    most = 2 * ready.recipe.rows
    for at in range(0, len(one.problems), most):
        some = one.problems[at : at + most]
        with ready.rollouts.solver(greedy=True) as solver:
            traces = solve(solver, [problem.question for problem in some], [0] * len(some))
        found += [
            int(one.grader.grade(problem, trace.answer, answer_text(trace)).correct)
            for problem, trace in zip(some, traces, strict=True)
        ]
    return found


def imitate(ready: Prepared, pool: dict[str, list[Sample]]) -> None:
    """Train on samples of each set's pool, sets drawn by their shares."""
    recipe = ready.recipe
    learner = Imitation(recipe, ready.network, ready.packer)
    sets = [one for one in ready.problems if pool[one.name]]
    rng = random.Random(f"imitation:{recipe.seed}")
    for step in range(recipe.steps):
        chosen = rng.choices(sets, [one.share for one in sets], k=recipe.groups * recipe.group_size)
        samples = [rng.choice(pool[one.name]) for one in chosen]
        done = learner.learn(step, samples, [1.0] * len(samples))
        if (step + 1) % 10 == 0:
            say(f"step {step + 1} of {recipe.steps}: loss {done.loss:.4f}, {done.tokens:,} tokens")
    ready.network.eval()


def worked(ready: Prepared) -> dict[str, list[Sample]]:
    """Return a worked solution of every problem."""
    prompts, pages = PromptSet(ready.recipe.prompts), Renderer(ready.recipe.profile)
    return {
        one.name: [_worked(ready, prompts, pages, each) for each in one.problems] for one in ready.problems
    }


def _worked(ready: Prepared, prompts: PromptSet, pages: Renderer, problem: Problem) -> Sample:
    exercise = beyond(problem.subject or "", int(problem.level or 0)).read(plain(problem.question) or "")
    assert exercise is not None and exercise.answer == problem.answer
    row = worked_row(exercise)
    examples = [
        segment_example(row, at, ready.recipe.memory, prompts, pages)
        for at in range(len(segment_targets(row)))
    ]
    packed = ready.packer.pack(examples)
    tokens = int((packed.labels != IGNORED).sum())
    return Sample(packed, np.zeros(len(packed.ids), np.float32), tokens, 0)


def right_ones(ready: Prepared, tries: int) -> dict[str, list[Sample]]:
    """Solve every problem some times with the checkpoint as it is; return the samples of right solves."""
    found = {one.name: list(_right(ready, one, tries)) for one in ready.problems}
    say("right solves: " + ", ".join(f"{name} {len(each)}" for name, each in found.items()))
    return found


def _right(ready: Prepared, one: Problems, tries: int) -> Iterator[Sample]:
    asked = [problem for problem in one.problems for _ in range(tries)]
    most = 2 * ready.recipe.rows
    for at in range(0, len(asked), most):
        some = asked[at : at + most]
        seeds = [seed_of(ready.recipe.seed, problem.id, (at + n) % tries) for n, problem in enumerate(some)]
        with ready.rollouts.solver() as solver:
            traces = solve(solver, [problem.question for problem in some], seeds)
            for problem, trace in zip(some, traces, strict=True):
                if one.grader.grade(problem, trace.answer, answer_text(trace)).correct:
                    yield sample_of(trace, solver, ready.packer)


def verdicts(recipe: GrpoRecipe, way: str, out: Path) -> Verdicts:
    """Return the verdicts of one way and seed, from its file if it was done before."""
    file = out / f"{way}-{recipe.seed}.json"
    if file.exists():
        found: Verdicts = json.loads(file.read_bytes())
        return found
    say(f"{way}, seed {recipe.seed}")
    if way == "grpo":
        lines = Lines()
        checkpoint = train(recipe, out / f"run-{recipe.seed}", lambda told: say(lines.of(told)))
        recipe = recipe.model_copy(update={"model": str(checkpoint)})
    ready = prepare(recipe, out)
    try:
        if way == "supervised":
            imitate(ready, worked(ready))
        elif way == "rejection":
            imitate(ready, right_ones(ready, recipe.group_size))
        found = held_out(ready)
    finally:
        ready.close()
    write_atomic(file, json.dumps(found).encode())
    return found


def shown(start: Verdicts, done: dict[str, list[Verdicts]]) -> str:
    """Return the table: right ones of each seed, and the difference to grpo in points."""
    rows = []
    for name, before in start.items():
        reference = [float(each) for seed in done["grpo"] for each in seed[name]]
        for way, seeds in done.items():
            mine = [float(each) for seed in seeds for each in seed[name]]
            # A problem's verdicts under several seeds hang together, so problems are what is compared.
            shares = [np.reshape(each, (len(seeds), -1)).mean(0).tolist() for each in (mine, reference)]
            difference = compare(*shares).difference
            points = [100 * each for each in (difference.mean, difference.low, difference.high)]
            rows.append(
                (
                    name,
                    way,
                    f"{sum(before)}",
                    ", ".join(str(sum(seed[name])) for seed in seeds),
                    f"{100 * (np.mean(mine) - np.mean(before)):+.1f}",
                    "–" if way == "grpo" else "{:+.1f} [{:+.1f}, {:+.1f}]".format(*points),
                )
            )
    head = ("problems", "way", "before", "after, by seed", "points gained", "points more than grpo")
    return table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of what is finished")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ways", default=",".join(WAYS), help="some of them, with commas")
    parser.add_argument("--set", dest="settings", action="append", default=[], help="change the recipe")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    recipes = [GRPO.load("nano", [*given.settings, f"seed={seed}"]) for seed in range(given.seeds)]
    start = verdicts(recipes[0], START, given.out)
    made = partial(verdicts, out=given.out)
    done = {way: [made(recipe, way) for recipe in recipes] for way in given.ways.split(",")}
    if "grpo" in done:
        print(shown(start, done))
    else:
        for way, seeds in done.items():
            print(way, *({name: sum(each) for name, each in seed.items()} for seed in seeds))


if __name__ == "__main__":
    main()
