"""What reinforcement changes in what is written: python benchmarks/reinforced_writing.py reader --out FOLDER.

Two questions, each a way of training beside its control, by the recipe `nano` of `vtc-r1 train grpo`:

efficiency  Is as much right with fewer iterations or tokens? Rewarded by `efficiency`, beside `correct`.
reader      Does the model learn to write for its reader? Trained and solving with a memory whose pages are
            damaged, so that some of what was written is not read again, beside one trained on whole pages;
            both solve with damaged and with whole pages.

Two checkpoints to start from: `shipped` is the embedded model, which was only ever taught to write one line
a segment; `mixed` is made of it first, by supervised steps on solutions whose segments have one to three
lines, some of them repeated, so that there is something to choose from.

Held-out problems are solved by sampling, at the recipe's temperature. What is finished stays in --out and is
not done again; a run that was ended is resumed.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from noise import NoiseOptions, Noisy
from reinforcement import check_settings, say, train_supervised
from writing import written

from vtc_r1.cli.tables import table
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.eval.metrics import compare
from vtc_r1.eval.problem import Problem
from vtc_r1.exercises import beyond
from vtc_r1.exercises.exercise import plain
from vtc_r1.memory import memory_policy
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Renderer
from vtc_r1.rl.prepare import Prepared, prepare
from vtc_r1.rl.progress import ProgressTable
from vtc_r1.rl.recipe import GRPO, GrpoRecipe
from vtc_r1.rl.rollouts import seed_of
from vtc_r1.rl.run import train
from vtc_r1.rl.samples import Sample
from vtc_r1.sft.examples import Example, write_targets
from vtc_r1.sft.packing import IGNORED
from vtc_r1.sft.training.weights import write_checkpoint

Solves = list[dict[str, float]]  #: figures of each held-out problem's solve, in their order
_DRAWS = 4  #: solutions of each problem that the mixed checkpoint is made of
_MOST_LINES = 3  #: of a segment of theirs
_REPEATED = 0.3  #: chance that a segment's last line stands there twice
_SETS: list[dict[str, Any]] = [
    {"kind": "expression", "lines": [4, 6], "count": 300, "share": 4},
    {"kind": "expression", "lines": [7, 7], "count": 200, "share": 2},
    {"kind": "gcd", "lines": [4, 8], "count": 100, "share": 1},
    {"kind": "equation", "lines": [4, 8], "count": 100, "share": 1},
]
_HELD_OUT = (150, 100, 75, 75)  #: problems of each


@dataclass(frozen=True)
class Question:
    """What is compared."""

    ways: dict[str, tuple[str, ...]]  #: settings of the recipe, by the name of the way; the control first
    memories: dict[str, str]  #: in which held-out problems are solved


def questions(share: float, phi: float) -> dict[str, Question]:
    """Return both questions, given the share of damaged characters and φ of the efficiency."""
    damaged = f"{Noisy.__module__}:{Noisy.__qualname__}:share={share:g}"
    return {
        "efficiency": Question(
            {"correct": ("rewards=correct",), "efficiency": (f"rewards=efficiency:phi={phi:g}",)},
            {"whole pages": "optical"},
        ),
        "reader": Question(
            {"whole pages": ("memory=optical",), "damaged pages": (f"memory={damaged}",)},
            {"damaged": damaged, "whole": "optical"},
        ),
    }


def recipe_of(model: str, steps: int, limit: int, *settings: str) -> GrpoRecipe:
    """Return the recipe of a way."""
    held_out = [{**one, "count": min(count, limit)} for one, count in zip(_SETS, _HELD_OUT, strict=True)]
    evaluation = {"every": steps, "problems": held_out}
    return GRPO.load(
        "nano",
        [
            f"model={model}",
            f"steps={steps}",
            f"problems={json.dumps(_SETS)}",
            f"evaluation={json.dumps(evaluation)}",
            "temperature=1",
            "schedule=constant",
            "interpolation=1",
            *settings,
        ],
    )


def mixed(out: Path, steps: int) -> str:
    """Return the checkpoint with several ways to write, made if it is not there."""
    folder = out / "mixed"
    if not folder.exists():
        say(f"mixed: {steps} supervised steps")
        recipe = recipe_of("embedded", steps, 1, "learning_rate=5e-4")
        prepared = prepare(recipe, out)
        try:
            pool = {
                problem_set.name: [*_several(prepared, problem_set.problems)]
                for problem_set in prepared.problems
            }
            train_supervised(prepared, pool)
            network = prepared.network.to("cpu", torch.float16)
            note = "The embedded model, taught to write segments of several lines: a start for a benchmark.\n"
            write_checkpoint(network, folder, prepared.start, recipe.prompts, recipe.profile, note)
        finally:
            prepared.close()
    return str(folder)


def _several(prepared: Prepared, problems: Sequence[Problem]) -> Iterator[Sample]:
    """Write the worked solution of every problem in several segmentations."""
    prompts, pages = PromptSet(prepared.recipe.prompts), Renderer(prepared.recipe.profile)
    for problem in problems:
        exercise = beyond(problem.subject or "", int(problem.level or 0)).read(plain(problem.question) or "")
        assert exercise is not None and exercise.answer == problem.answer
        for draw in range(_DRAWS):
            rng = random.Random(f"{problem.id}:{draw}")
            segments = [*_segments(exercise.lines, rng)]
            memory = memory_policy(prepared.recipe.memory)(pages)
            examples = []
            for at, target in enumerate(write_targets(segments, exercise.answer)):
                prompt = prompts.render(exercise.question, tuple(memory.content()), iteration=at)
                examples.append(Example(prompt, target))
                memory.add(segments[at])
            packed = prepared.packer.pack(examples)
            yield Sample(
                packed, np.zeros(len(packed.ids), np.float32), int((packed.labels != IGNORED).sum()), 0
            )


def _segments(lines: Sequence[str], rng: random.Random) -> Iterator[str]:
    at = 0
    while at < len(lines):
        some = list(lines[at : at + rng.randint(1, _MOST_LINES)])
        at += len(some)
        yield "\n".join([*some, *some[-1:] * (rng.random() < _REPEATED)])


def solved(recipe: GrpoRecipe, memory: str, out: Path) -> Solves:
    """Solve the held-out problems by sampling; return the figures of every solve."""
    prepared, figures = prepare(recipe.model_copy(update={"memory": memory}), out), Solves()
    try:
        for problem_set in prepared.held_out:
            problems = problem_set.problems
            seeds = [seed_of("held out", problem.id) for problem in problems]
            solves = prepared.rollouts.solve_all([problem.question for problem in problems], seeds)
            for problem, (trace, _) in zip(problems, solves, strict=True):
                text = asdict(written([iteration.text for iteration in trace.iterations]))
                correct = problem_set.is_correct(problem, trace)
                figures.append({"right": correct, "tokens": trace.usage.completion_tokens, **text})
    finally:
        prepared.close()
    return figures


def figures(
    name: str, recipe: GrpoRecipe, question: Question, out: Path, *, trains: bool
) -> dict[str, Solves]:
    """Return the solves of one way under every memory, from its file if they were done before."""
    file = out / f"{name}.json"
    if file.exists():
        done: dict[str, Solves] = json.loads(file.read_bytes())
        return done
    say(name)
    if trains:
        progress = ProgressTable()
        checkpoint = train(recipe, out / f"run-{name}", lambda event: say(progress.lines(event)))
        recipe = recipe.model_copy(update={"model": str(checkpoint)})
    found = {called: solved(recipe, memory, out) for called, memory in question.memories.items()}
    write_atomic(file, json.dumps(found).encode())
    return found


def shown(start: dict[str, Solves], done: dict[str, list[dict[str, Solves]]]) -> str:
    """Return the table: a row for every memory and way, over all seeds, compared with the control."""
    control, rows = next(iter(done)), []
    for memory in start:
        every = {
            "start": [start[memory]],
            **{way: [seed[memory] for seed in seeds] for way, seeds in done.items()},
        }
        for way, seeds in every.items():
            difference = "–"
            if way not in ("start", control):
                shares = [
                    np.mean([[one["right"] for one in seed] for seed in every[each]], axis=0).tolist()
                    for each in (way, control)
                ]
                found = compare(*shares).difference
                points = (100 * each for each in (found.mean, found.low, found.high))
                difference = "{:+.1f} [{:+.1f}, {:+.1f}]".format(*points)
            rows.append(
                (memory, way, _by_seed(seeds), difference, *_means([one for seed in seeds for one in seed]))
            )
    head = (
        "solved with",
        "way",
        "right, by seed",
        f"points more than {control}",
        "iterations",
        "tokens",
        "lines a segment",
        "written again",
        "results that survive",
    )
    return table(head, rows)


def _by_seed(seeds: Sequence[Solves]) -> str:
    return ", ".join(f"{sum(one['right'] for one in seed)}" for seed in seeds) + f" of {len(seeds[0])}"


def _means(solves: Solves) -> tuple[str, ...]:
    """Return means of a solve, of a segment, and shares of lines and of results."""
    total = {key: sum(one[key] for one in solves) for key in solves[0]}
    return (
        f"{total['segments'] / len(solves):.2f}",
        f"{total['tokens'] / len(solves):.1f}",
        f"{total['lines'] / total['segments']:.2f}",
        f"{total['again'] / max(1, total['lines']):.1%}",
        f"{total['survived'] / max(1, total['results']):.1%}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("question", choices=questions(0, 1))
    parser.add_argument("--out", type=Path, required=True, help="folder of what is finished")
    parser.add_argument("--start", choices=("shipped", "mixed"), default="mixed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=50, help="of reinforcement")
    parser.add_argument("--taught", type=int, default=240, help="supervised steps of the mixed checkpoint")
    parser.add_argument("--share", type=float, default=NoiseOptions().share, help="of damaged characters")
    parser.add_argument("--phi", type=float, default=8.0, help="of the efficiency")
    parser.add_argument("--limit", type=int, default=max(_HELD_OUT), help="held-out problems of a set")
    parser.add_argument("--set", dest="settings", action="append", default=[], help="change the recipe")
    given = parser.parse_args()
    question = questions(given.share, given.phi)[given.question]
    for way_settings in question.ways.values():  # refused before anything is written
        recipe_of("embedded", given.steps, given.limit, *way_settings, *given.settings)
    may_change = ("out", "seeds")
    settings = {name: value for name, value in vars(given).items() if name not in may_change}
    check_settings(given.out, settings)
    model = "embedded" if given.start == "shipped" else mixed(given.out, given.taught)
    base = recipe_of(model, given.steps, given.limit, *given.settings)
    start = figures(f"{given.start}-start", base, question, given.out, trains=False)
    done: dict[str, list[dict[str, Solves]]] = {way: [] for way in question.ways}
    for seed in range(given.seeds):
        for way, way_settings in question.ways.items():
            recipe = recipe_of(
                model, given.steps, given.limit, *way_settings, *given.settings, f"seed={seed}"
            )
            name = f"{given.start}-{way.replace(' ', '-')}-{seed}"
            done[way].append(figures(name, recipe, question, given.out, trains=True))
        print(shown(start, done), flush=True)


if __name__ == "__main__":
    main()
