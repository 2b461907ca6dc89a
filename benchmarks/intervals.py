"""How often does an interval of the evaluation hold the truth? Simulated, for one sample, several, and pairs.

    python benchmarks/intervals.py
    python benchmarks/intervals.py --runs 1000 --json

Prints a row for each number of problems: over all true accuracies from .03 to .97 the least share of
intervals that hold the truth, where that is, the mean share, and the mean width. With one sample a problem
that is counted exactly; with more, problems have accuracies of their own (Beta distributed; `alike` 0: all
problems are equally hard, 1: a problem's samples are all right or all wrong), and runs are drawn. `pairs` are
two runs over the same problems with one sample each, which agree on a part of them.
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from vtc_r1.eval.metrics import interval

TRUTHS = (0.03, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.97)
FINE = np.linspace(0.03, 0.97, 189)
NUMBERS = (10, 15, 20, 30, 40, 50, 100, 198, 500)
ALIKE = (0.0, 0.05, 0.2, 0.5, 0.9)
AGREED = (0.0, 0.5, 0.9)
"""Parts of the problems on which two runs are alike by themselves."""
Row = dict[str, Any]


def one_sample(problems: int) -> Row:
    """Count exactly, over every number of right ones: no draws."""
    bounds = np.array([_bounds([1.0] * right + [0.0] * (problems - right)) for right in range(problems + 1)])
    ways = [
        math.lgamma(problems + 1) - math.lgamma(k + 1) - math.lgamma(problems - k + 1)
        for k in range(problems + 1)
    ]
    right = np.arange(problems + 1)[:, None]
    chances = np.exp(np.array(ways)[:, None] + right * np.log(FINE) + (problems - right) * np.log1p(-FINE))
    held = (bounds[:, :1] <= FINE) & (bounds[:, 1:] >= FINE)
    covered = (chances * held).sum(axis=0)
    width = (chances * (bounds[:, 1:] - bounds[:, :1])).sum(axis=0).mean()
    at = int(covered.argmin())
    return _row("1 sample", problems, covered.tolist(), float(width), f"{FINE[at]:.3f}")


def several(problems: int, samples: int, runs: int, rng: np.random.Generator) -> Row:
    """Draw runs with several samples a problem."""
    covered, widths, names = [], [], []
    for truth in TRUTHS:
        for alike in ALIKE:
            chance = np.full((runs, problems), truth)
            if alike:
                spread = (1 - alike) / alike
                chance = rng.beta(truth * spread, (1 - truth) * spread, (runs, problems))
            found = np.array([_bounds(row) for row in rng.binomial(samples, chance) / samples])
            covered.append(float(((found[:, 0] <= truth) & (found[:, 1] >= truth)).mean()))
            widths.append(float((found[:, 1] - found[:, 0]).mean()))
            names.append(f"{truth:.2f}, alike {alike:g}")
    at = int(np.argmin(covered))
    return _row(f"{samples} samples", problems, covered, float(np.mean(widths)), names[at])


def paired(problems: int, runs: int, rng: np.random.Generator) -> Row:
    """Draw two runs over the same problems."""
    covered, widths, names = [], [], []
    for first in TRUTHS[::2]:
        for second in TRUTHS[::2]:
            for agreed in AGREED:
                same = rng.random((runs, problems)) < agreed
                drawn = rng.random((2, runs, problems))
                drawn[1] = np.where(same, drawn[0], drawn[1])
                differences = (drawn[0] < first).astype(float) - (drawn[1] < second)
                found = np.array([_bounds(row, least=-1.0) for row in differences])
                truth = first - second
                covered.append(
                    float(((found[:, 0] <= truth + 1e-12) & (found[:, 1] >= truth - 1e-12)).mean())
                )
                widths.append(float((found[:, 1] - found[:, 0]).mean()))
                names.append(f"{first:.2f} − {second:.2f}, agreed {agreed:g}")
    at = int(np.argmin(covered))
    return _row("pairs", problems, covered, float(np.mean(widths)), names[at])


def rows(runs: int) -> Iterator[Row]:
    """Yield all rows."""
    rng = np.random.default_rng(0)
    for problems in NUMBERS:
        yield one_sample(problems)
    for samples in (4, 16):
        for problems in (10, 30, 100, 500):
            yield several(problems, samples, runs, rng)
    for problems in (10, 30, 100, 500):
        yield paired(problems, runs, rng)


def _bounds(values: Sequence[float], least: float = 0.0) -> tuple[float, float]:
    found = interval(list(values), least=least)
    return found.low, found.high


def _row(kind: str, problems: int, covered: Sequence[float], width: float, where: str) -> Row:
    return {
        "kind": kind,
        "problems": problems,
        "least": round(min(covered), 4),
        "where": where,
        "mean": round(float(np.mean(covered)), 4),
        "width": round(width, 4),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000, help="drawn for each truth (2000)")
    parser.add_argument("--json", action="store_true", help="a line of JSON a row")
    arguments = parser.parse_args()
    if not arguments.json:
        print("| | problems | least, % | at | mean, % | width, points |\n|---|---:|---:|---|---:|---:|")
    for row in rows(arguments.runs):
        figures = (
            f"{100 * row['least']:.1f}",
            row["where"],
            f"{100 * row['mean']:.1f}",
            f"{100 * row['width']:.1f}",
        )
        shown = (row["kind"], str(row["problems"]), *figures)
        print(json.dumps(row) if arguments.json else f"| {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    main()
