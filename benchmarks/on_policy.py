"""Measures one on-policy round: does a model learn more from its own right solves than from more of its data?

    vtc-r1 train nano --steps 1500 --out runs/under                # an under-trained checkpoint
    python benchmarks/on_policy.py runs/under/checkpoint --out runs/round

The checkpoint solves fresh problems several times (`vtc-r1 data sample`), and is trained on its right solves.
The control is the same checkpoint, trained for as many steps of as many examples, at the same rate, on the
original data: the curriculum that it comes from, or `--original`, a built data set. Then all three solve
other fresh problems, greedily, and are compared problem by problem. It prints JSON; the same command goes on
after an interruption. Needs the extras train and eval.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from vtc_r1.backends.transformers import TransformersBackend
from vtc_r1.eval.benchmark import benchmark
from vtc_r1.eval.evaluation import Result, evaluate
from vtc_r1.eval.load import LoadedBenchmark, load
from vtc_r1.eval.pairs import pairs
from vtc_r1.eval.setup import RunRequest
from vtc_r1.exercises import KINDS, segments_of
from vtc_r1.settings import Settings
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.sampling.choice import RULES
from vtc_r1.sft.sampling.sample import build_solves, solve
from vtc_r1.sft.sampling.setup import prepare
from vtc_r1.sft.train import say
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.run import train

GAIN = 0.03
"""Least gain in accuracy over the control that a round is to bring."""


def main() -> None:
    options = _options()
    sampled = sample(options)
    original = None if options.original is None else options.original.resolve()
    models = {
        "start": options.checkpoint,
        "on-policy": trained(options, sampled, options.out / "on-policy"),
        "control": trained(options, original, options.out / "control"),
    }
    results = {name: solved(options, folder, name) for name, folder in models.items()}
    print(json.dumps(found(BuiltDataset(sampled), results), indent=2))


def sample(options: argparse.Namespace) -> Path:
    """Let the checkpoint solve fresh problems; return the data set of its right solves."""
    out = options.out / "sampled"
    problems = fresh(options, "learned", options.problems, options.seed)
    settings = Settings(preset=options.preset, memory=options.memory, seed=options.seed)
    wanted = RunRequest(settings, options.out / "solves", samples=options.n)
    made = prepare(wanted, problems, out, choose=options.choose, backend=_model(options, options.checkpoint))
    with Workspace(out, made.config) as workspace, made.setup.solver:
        if not workspace.is_finished:
            made.setup.solver.check()
            build_solves(workspace, made, solve(made, concurrency=options.concurrency))
    return out


def trained(options: argparse.Namespace, data: Path | None, out: Path) -> Path:
    """Train the checkpoint on a data set, or on the curriculum; nothing else differs. Return the result.

    The curriculum counts whole traces, each of as many examples as it has segments.
    """
    segments = fmean(segments_of(lines) for kind in KINDS.values() for lines in kind.lines)
    given = {
        "model": options.checkpoint.resolve(),
        "steps": options.steps,
        "batch": round(options.batch / segments) if data is None else options.batch,
        "learning_rate": options.learning_rate,
        "seed": options.seed,
        "curriculum": json.dumps(data is None),
        **({} if data is None else {"data": data}),
    }
    return train(load_recipe("nano-tune", [f"{key}={value}" for key, value in given.items()]), out, say)


def solved(options: argparse.Namespace, checkpoint: Path, name: str) -> Result:
    """Solve the problems that nothing was trained on, greedily."""
    problems = fresh(options, "held-out", options.held_out, options.seed + 1)
    settings = Settings(preset=options.preset, memory=options.memory, temperature=0)
    wanted = RunRequest(settings, options.out / "runs" / name, samples=1)
    (setup,) = wanted.setups([problems], _model(options, checkpoint))
    with setup.solver:
        setup.solver.check()
        return evaluate(setup, concurrency=options.concurrency)


def fresh(options: argparse.Namespace, name: str, count: int, seed: int) -> LoadedBenchmark:
    """Draw problems of the benchmark's kind from a seed of their own."""
    base = benchmark(options.benchmark)
    assert base.generated is not None, f"{base.name} is not generated"
    path = options.out / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'title = "{base.title}, {name}"', f'grader = "{base.grader}"', "[generated]"]
    lines += [f'kind = "{base.generated.kind}"', f"problems = {count}", f"seed = {seed}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load(path)


def found(data: BuiltDataset, results: dict[str, Result]) -> dict[str, object]:
    """What the round brought."""
    compared = pairs("held-out", {name: result.measured for name, result in results.items()})
    gain = next(pair for pair in compared if (pair.first, pair.second) == ("on-policy", "control"))
    return {
        "solves": data.manifest["solves"],
        "dropped": data.manifest["generations_dropped"],
        "examples": len(data),
        "accuracy": {
            name: result.summary.accuracy.model_dump() if result.summary.accuracy else None
            for name, result in results.items()
        },
        "by_level": {
            name: {level: figure.mean for level, figure in result.summary.by_level.items()}
            for name, result in results.items()
        },
        "pairs": [
            pair.model_dump(include={"first", "second", "problems", "difference", "better", "worse", "p"})
            for pair in compared
        ],
        "gain_is_enough": gain.difference.mean >= GAIN and gain.difference.low > 0,
    }


def _model(options: argparse.Namespace, checkpoint: Path) -> TransformersBackend:
    return TransformersBackend(checkpoint, threads=options.threads)


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path, help="under-trained embedded model")
    parser.add_argument("--out", type=Path, required=True, help="folder of the round")
    parser.add_argument("--original", type=Path, help="data set of the control; else the curriculum")
    parser.add_argument("--benchmark", default="arithmetic", help="whose kind of problems is drawn")
    parser.add_argument("--problems", type=int, default=2000, help="fresh problems to learn from (2000)")
    parser.add_argument("--n", type=int, default=8, help="solves of each (8)")
    parser.add_argument("--choose", default="all", choices=RULES, help="which right solves (all)")
    parser.add_argument("--memory", default="optical", help="memory policy (optical)")
    parser.add_argument("--preset", default="nano", help="preset of the checkpoint (nano)")
    parser.add_argument("--steps", type=int, default=500, help="of the training (500)")
    parser.add_argument("--batch", type=int, default=32, help="examples a step (32)")
    parser.add_argument("--learning-rate", type=float, default=2e-4, help="its peak (2e-4)")
    parser.add_argument("--held-out", type=int, default=1000, help="fresh problems to compare on (1000)")
    parser.add_argument("--seed", type=int, default=20_000, help="of problems, solves and order (20000)")
    parser.add_argument("--concurrency", type=int, default=32, help="solves in flight (32)")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU while it generates (1)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
