"""What reinforcement gains over controls of as many steps: python benchmarks/reinforcement.py --out FOLDER.

Three ways from one checkpoint, for each seed, by the recipe `nano` of `vtc-r1 train grpo`:

grpo        the recipe itself
rejection   rejection sampling: supervised training on correct solves of the checkpoint, as many a step
supervised  supervised training on worked solutions of the same problems, as many a step

All take as many steps with the same optimiser and learning rate, on problems drawn by the same shares, and
solve the same held-out problems greedily. Prints the correct answers before and after, and the paired
difference of every way to grpo, over problems. What is finished stays in --out and is not done again.
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
from vtc_r1.exercises import beyond
from vtc_r1.exercises.exercise import plain
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Renderer
from vtc_r1.rl.prepare import Prepared, prepare
from vtc_r1.rl.problems import Problems
from vtc_r1.rl.progress import ProgressTable
from vtc_r1.rl.recipe import GRPO, GrpoRecipe
from vtc_r1.rl.rollouts import seed_of
from vtc_r1.rl.run import train
from vtc_r1.rl.samples import Sample, sample_of
from vtc_r1.rl.update import PolicyUpdater
from vtc_r1.sft.examples import segment_example, segment_targets
from vtc_r1.sft.packing import IGNORED
from vtc_r1.sft.rows import worked_row

WAYS = ("grpo", "rejection", "supervised")
START = "start"
Verdicts = dict[str, list[int]]  #: for each set: 1 for a correct answer to a held-out problem, else 0


class SupervisedUpdater(PolicyUpdater):
    """Trains by cross-entropy, whoever wrote the tokens."""

    def _forward_backward(
        self, samples: Sequence[Sample], advantages: Sequence[float], step_tokens: int
    ) -> Any:
        batch = self.packer.batch([sample.packed for sample in samples])
        labels = batch.pop("shift_labels")
        batch.pop("labels")
        logits = self._logits(self.network, batch).flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(
            logits, labels.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        (loss / step_tokens).backward()
        return np.array([float(loss.detach()), 0.0, 0.0, 0.0, 0.0])


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def held_out(prepared: Prepared) -> Verdicts:
    """Solve the held-out problems greedily."""
    return {problem_set.name: _verdicts(prepared, problem_set) for problem_set in prepared.held_out}


def _verdicts(prepared: Prepared, problem_set: Problems) -> list[int]:
    questions = [problem.question for problem in problem_set.problems]
    solves = prepared.rollouts.solve_all(questions, [0] * len(questions), greedy=True)
    return [
        int(problem_set.is_correct(problem, trace))
        for problem, (trace, _) in zip(problem_set.problems, solves, strict=True)
    ]


def train_supervised(prepared: Prepared, pool: dict[str, list[Sample]]) -> None:
    """Train on samples, by the name of their set; sets are drawn by their shares."""
    recipe = prepared.recipe
    updater = SupervisedUpdater(recipe, prepared.network, prepared.packer)
    sets = [problem_set for problem_set in prepared.problems if pool[problem_set.name]]
    shares = [problem_set.share for problem_set in sets]
    rng = random.Random(f"imitation:{recipe.seed}")
    for step in range(recipe.steps):
        drawn = rng.choices(sets, shares, k=recipe.groups * recipe.group_size)
        samples = [rng.choice(pool[problem_set.name]) for problem_set in drawn]
        update = updater.update(step, samples, [1.0] * len(samples))
        if (step + 1) % 10 == 0:
            say(f"step {step + 1} of {recipe.steps}: loss {update.loss:.4f}, {update.tokens:,} tokens")
    prepared.interpolate()
    prepared.network.eval()


def worked_samples(prepared: Prepared) -> dict[str, list[Sample]]:
    """Return the sample of a worked solution of every problem, by the name of its set."""
    prompts, pages = PromptSet(prepared.recipe.prompts), Renderer(prepared.recipe.profile)
    return {
        problem_set.name: [
            _worked_sample(prepared, prompts, pages, problem) for problem in problem_set.problems
        ]
        for problem_set in prepared.problems
    }


def _worked_sample(prepared: Prepared, prompts: PromptSet, pages: Renderer, problem: Problem) -> Sample:
    exercise = beyond(problem.subject or "", int(problem.level or 0)).read(plain(problem.question) or "")
    assert exercise is not None and exercise.answer == problem.answer
    row = worked_row(exercise)
    examples = [
        segment_example(row, at, prepared.recipe.memory, prompts, pages)
        for at in range(len(segment_targets(row)))
    ]
    packed = prepared.packer.pack(examples)
    tokens = int((packed.labels != IGNORED).sum())
    return Sample(packed, np.zeros(len(packed.ids), np.float32), tokens, 0)


def correct_samples(prepared: Prepared, solves: int) -> dict[str, list[Sample]]:
    """Solve every problem `solves` times with the checkpoint; return samples of correct solves, by set."""
    found = {
        problem_set.name: list(_correct_samples(prepared, problem_set, solves))
        for problem_set in prepared.problems
    }
    say("correct solves: " + ", ".join(f"{name} {len(samples)}" for name, samples in found.items()))
    return found


def _correct_samples(prepared: Prepared, problem_set: Problems, solves: int) -> Iterator[Sample]:
    problems = [problem for problem in problem_set.problems for _ in range(solves)]
    seeds = [
        seed_of(prepared.recipe.seed, problem.id, index % solves) for index, problem in enumerate(problems)
    ]
    solved = prepared.rollouts.solve_all([problem.question for problem in problems], seeds)
    for problem, (trace, solver) in zip(problems, solved, strict=True):
        if problem_set.is_correct(problem, trace):
            yield sample_of(trace, solver, prepared.packer)


def check_settings(out: Path, settings: dict[str, Any]) -> None:
    """Make the folder of what is finished; end with 2 if it was made with other settings."""
    out.mkdir(parents=True, exist_ok=True)
    file, text = out / "settings.json", json.dumps(settings, indent=2).encode()
    if file.exists() and file.read_bytes() != text:
        say(f"{out}: was made with other settings ({file}); choose another --out")
        sys.exit(2)
    write_atomic(file, text)


def verdicts(recipe: GrpoRecipe, way: str, out: Path) -> Verdicts:
    """Return the verdicts of one way and seed, from its file if it was done before."""
    file = out / f"{way}-{recipe.seed}.json"
    if file.exists():
        found: Verdicts = json.loads(file.read_bytes())
        return found
    say(f"{way}, seed {recipe.seed}")
    if way == "grpo":
        progress = ProgressTable()
        checkpoint = train(recipe, out / f"run-{recipe.seed}", lambda event: say(progress.lines(event)))
        recipe = recipe.model_copy(update={"model": str(checkpoint)})
    prepared = prepare(recipe, out)
    try:
        if way == "supervised":
            train_supervised(prepared, worked_samples(prepared))
        elif way == "rejection":
            train_supervised(prepared, correct_samples(prepared, recipe.group_size))
        found = held_out(prepared)
    finally:
        prepared.close()
    write_atomic(file, json.dumps(found).encode())
    return found


def shown(start: Verdicts, done: dict[str, list[Verdicts]]) -> str:
    """Return the table: correct answers of each seed, and the difference to grpo in percentage points."""
    rows = []
    for name, before in start.items():
        reference = [float(each) for seed in done["grpo"] for each in seed[name]]
        for way, seeds in done.items():
            mine = [float(each) for seed in seeds for each in seed[name]]
            # A problem's verdicts under several seeds are not independent, so problems are compared.
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
    recipes = [GRPO.load("nano", [*given.settings, f"seed={seed}"]) for seed in range(given.seeds)]
    check_settings(given.out, {"set": given.settings})
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
