"""Memory policies, segment ends and densities under one token budget: python benchmarks/policies.py.

Solves a benchmark by optical memory without a bound, takes a share of what its memory cost at most as the
budget of all, and solves the same problems under every policy. Prints a table: accuracy, the paired
difference to unbounded optical memory, tokens read and read again, seconds. The runs are kept in --out and
gone on with.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from vtc_r1.cli.tables import table
from vtc_r1.eval.evaluation import Result, evaluate
from vtc_r1.eval.load import LoadedBenchmark, load
from vtc_r1.eval.pairs import Pair, pairs
from vtc_r1.eval.runs import RunFolder
from vtc_r1.eval.setup import RunRequest, Selection
from vtc_r1.settings import Settings
from vtc_r1.solver import Solver
from vtc_r1.spec import listed

MEMORIES = "optical,decay,decay:by=scale,hybrid,facts,auto,text,forget"
ENDS = "boundary,streamed,own"
DENSITIES = "content,fit"
REFERENCE = "optical, no budget"


@dataclass(frozen=True)
class Variant:
    """One way to solve the problems: what it is called, and its settings."""

    label: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of the table; tokens are means of a solve, summed over its prompts."""

    label: str
    accuracy: tuple[float, float, float]
    difference: tuple[float, float, float] | None
    p: float | None
    iterations: float
    vision: float
    text: float
    re_prefill: float
    completion: float
    seconds: float


def variants(options: argparse.Namespace, tokens: int) -> Iterator[Variant]:
    """Yield what is compared under a budget; ends and densities with optical memory."""
    within = {"memory_tokens": tokens}
    for memory in listed(options.memory):
        yield Variant(memory, {**within, "memory": memory})
    for end in listed(options.segment_end):
        yield Variant(f"optical, ends {end}", {**within, "segment_end": end})
    for density in listed(options.density):
        yield Variant(f"optical, density {density}", {**within, "density": density})


def solve(variant: Variant, loaded: LoadedBenchmark, options: argparse.Namespace) -> Result:
    """Solve the problems one way, or go on with it."""
    settings = Settings.load(**_base(options), **variant.settings)
    folder = options.out / "".join(letter if letter.isalnum() else "-" for letter in variant.label)
    wanted = RunRequest(settings, folder, Selection(options.limit), options.samples, options.budget)
    (setup,) = wanted.setups([loaded])
    try:
        return evaluate(setup, concurrency=options.concurrency)
    finally:
        setup.solver.close()


def _base(options: argparse.Namespace) -> dict[str, Any]:
    names = ("base_url", "model", "profile", "segment_tokens", "max_iterations")
    return {name: getattr(options, name) for name in names}


def bound(options: argparse.Namespace, reference: Path) -> int:
    """Return the budget: what was asked for, or the share, but never less than one full page."""
    if options.memory_tokens:
        return int(options.memory_tokens)
    with Solver(**Settings.load(**_base(options)).solver_arguments()) as solver:
        profile = solver.renderer.profile
    page = profile.vision.tokens(profile.width, profile.height)
    return max(page, round(options.share * peak(reference)))


def peak(folder: Path) -> float:
    """Mean over solves of the most that their memory cost in one prompt; those that needed none left out."""
    costs = [
        max(iteration.carried.vision + iteration.carried.text for iteration in sample.trace.iterations)
        for sample in RunFolder(folder).samples()
        if sample.trace.iterations
    ]
    return fmean([cost for cost in costs if cost] or [0.0])


def line(label: str, result: Result, against: Pair | None) -> Line:
    """Put one line together."""
    summary = result.summary
    assert summary.accuracy is not None
    found, apart = summary.accuracy, against and against.difference
    return Line(
        label=label,
        accuracy=(found.mean, found.low, found.high),
        difference=None if apart is None else (apart.mean, apart.low, apart.high),
        p=against and against.p_holm,
        iterations=summary.iterations,
        vision=summary.tokens.vision,
        text=summary.tokens.text,
        re_prefill=summary.tokens.re_prefill,
        completion=summary.tokens.completion,
        seconds=summary.latency.median,
    )


def shown(lines: list[Line]) -> str:
    """Write the table."""
    head = ["policy", "accuracy", "− reference, points", "p (Holm)", "iterations", "vision", "text"]
    head += ["re-prefill", "completion", "s median"]
    rows = [
        [
            one.label,
            _interval(one.accuracy, ""),
            "–" if one.difference is None else _interval(one.difference, "+"),
            "–" if one.p is None else f"{one.p:.3f}",
            f"{one.iterations:.2f}",
            *(f"{mean:,.0f}" for mean in (one.vision, one.text, one.re_prefill, one.completion)),
            f"{one.seconds:.2f}",
        ]
        for one in lines
    ]
    return table(head, rows)


def _interval(figure: tuple[float, float, float], sign: str) -> str:
    mean, low, high = (100 * value for value in figure)
    return f"{mean:{sign}.1f} [{low:{sign}.1f}, {high:{sign}.1f}]"


def compare(options: argparse.Namespace) -> tuple[int, list[Line]]:
    """Solve everything; return the budget and the lines, that of the reference first."""
    loaded = load(options.benchmark, file=options.file)
    results = {REFERENCE: solve(Variant(REFERENCE, {"memory": "optical"}), loaded, options)}
    tokens = bound(options, results[REFERENCE].folder)
    for variant in variants(options, tokens):
        results[variant.label] = solve(variant, loaded, options)
    found = pairs(options.benchmark, {label: result.measured for label, result in results.items()})
    beside = {pair.second: pair for pair in found if pair.first == REFERENCE}
    turned = {label: _turned(pair) for label, pair in beside.items()}
    return tokens, [line(label, result, turned.get(label)) for label, result in results.items()]


def _turned(pair: Pair) -> Pair:
    """Return a pair seen from its second run."""
    apart = pair.difference
    ours = apart.model_copy(
        update={"mean": 0.0 - apart.mean, "low": 0.0 - apart.high, "high": 0.0 - apart.low}
    )
    return pair.model_copy(update={"difference": ours, "first": pair.second, "second": pair.first})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--benchmark", default="arithmetic", help="a benchmark's name, or a .toml file")
    parser.add_argument("--file", type=Path, help="its rows, from a file")
    parser.add_argument("--limit", type=int, help="problems; all unless given")
    parser.add_argument("--samples", type=int, help="solves of each problem; the benchmark's")
    parser.add_argument("--memory", default=MEMORIES, help="memory policies, with commas")
    parser.add_argument("--segment-end", default=ENDS, help="segment ends, with commas")
    parser.add_argument("--density", default=DENSITIES, help="densities, with commas")
    parser.add_argument("--share", type=float, default=0.5, help="budget ÷ mean peak of optical memory")
    parser.add_argument("--memory-tokens", type=int, help="the budget itself")
    parser.add_argument("--budget", type=int, help="most generated tokens of a solve")
    parser.add_argument("--segment-tokens", type=int)
    parser.add_argument("--max-iterations", type=int)
    parser.add_argument("--base-url")
    parser.add_argument("--model")
    parser.add_argument("--profile")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--out", type=Path, default=Path("runs/policies"))
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    tokens, lines = compare(options)
    if options.json:
        print(json.dumps({"memory_tokens": tokens, "lines": [asdict(one) for one in lines]}, indent=2))
    else:
        print(f"budget of the memory: {tokens} tokens in a prompt\n\n{shown(lines)}")


if __name__ == "__main__":
    main()
