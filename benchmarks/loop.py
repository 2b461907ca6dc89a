"""What continuous scheduling and optical memory gain: python benchmarks/loop.py --out loop.

Drives a simulated model server (replica.py, on a simulated clock) through the same problems in five
ways, as many requests at once as the server has slots:

continuous          each problem advances on its own, memory as pages
lock-step           rounds over all problems; a round lasts as long as its longest segment
lock-step, batches  the same, but only as many problems at once as there are slots, batch after batch
single              one generation of all the tokens, nothing carried
continuous, text    as the first, earlier segments carried as text

Latency: `waited` runs from the submission of all problems, at 0, to an answer; `took` from when the
server begins with a problem to its answer. Both are over the problems of all seeds.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean
from typing import Any

from loop_plots import plot
from needs import require
from replica import Parameters
from rich.console import Console
from rich.table import Table
from schedules import SCHEDULES, Outcome, run
from workload import COUNTS, Workload

from vtc_r1.errors import VtcError
from vtc_r1.sglang.gpus import gpu_named
from vtc_r1.sglang.roofline import Roofline
from vtc_r1.sglang.shapes import shape_of

Row = dict[str, Any]
SWEEP = (1, 4, 8, 16, 32, 64, 128, 256)
"""Concurrencies of the second plot."""
ONE, TWO = ((1, 1.0),), ((2, 1.0),)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def outcomes(name: str, workload: Workload, seeds: int, parameters: Parameters) -> list[Outcome]:
    return [run(name, replace(workload, seed=seed).draw(), parameters) for seed in range(seeds)]


def throughput(outcome: Outcome) -> float:
    return len(outcome.took) / outcome.seconds


def measure(name: str, workload: Workload, seeds: int, parameters: Parameters) -> Row:
    """Drive the problems of every seed; rates are means over seeds, tokens are per run."""
    found = outcomes(name, workload, seeds, parameters)
    rates = [throughput(outcome) for outcome in found]
    kv_bytes = parameters.roofline.model.kv_bytes
    row: Row = {
        "concurrency": parameters.slots,
        "schedule": name,
        "problems_a_second": mean(rates),
        "problems_a_second_range": [min(rates), max(rates)],
        "tokens_a_second": mean(outcome.counts.generated / outcome.seconds for outcome in found),
        "kv_peak_tokens": max(outcome.counts.kv_peak for outcome in found),
        "kv_peak_bytes": max(outcome.counts.kv_peak for outcome in found) * kv_bytes,
    }
    for key in ("waited", "took"):
        values = [value for outcome in found for value in getattr(outcome, key)]
        row |= {f"{key}_median": percentile(values, 0.5), f"{key}_p95": percentile(values, 0.95)}
    for key in ("prefilled", "again", "cached", "encoded", "generated", "retracted", "idle"):
        row[key] = mean(getattr(outcome.counts, key) for outcome in found)
    return row


def gain(workload: Workload, seeds: int, parameters: Parameters) -> Row:
    """Throughput of continuous scheduling over each of the others."""
    rates = {name: mean(map(throughput, outcomes(name, workload, seeds, parameters))) for name in SCHEDULES}
    return {name: rates["continuous"] / rates[name] for name in SCHEDULES[1:]}


def variations(workload: Workload, parameters: Parameters) -> dict[str, tuple[Workload, Parameters]]:
    """What the sensitivity table varies, one thing at a time, around concurrency 64."""
    base = replace(parameters, slots=64)
    equal = replace(workload, p95=workload.median)
    patient = replace(base.roofline, turnaround_seconds=1.0)
    return {
        "as above": (workload, base),
        "equal lengths": (equal, base),
        "two segments each": (replace(workload, counts=TWO), base),
        "two segments each, equal lengths": (replace(equal, counts=TWO), base),
        "one segment each": (replace(workload, counts=ONE), base),
        "1 slot": (workload, replace(base, slots=1)),
        "4 slots": (workload, replace(base, slots=4)),
        "as many problems as slots": (replace(workload, problems=64), base),
        **{
            f"{times} times as many problems": (replace(workload, problems=times * workload.problems), base)
            for times in (4, 20)
        },
        "compression 4.4 (paper)": (workload, replace(base, compression=4.4)),
        "1 s between segments": (workload, replace(base, roofline=patient)),
        "H200": (workload, replace(base, roofline=replace(base.roofline, gpu=gpu_named("h200")))),
    }


def table(rows: Sequence[Row]) -> Table:
    shown = Table(title="Simulated; seconds and tokens, a run of all problems")
    heads = ("slots", "schedule", "problems/s", "gain", "tokens/s", "waited: median", "p95")
    heads += ("took: median", "p95", "KV peak, GB", "prefilled", "again", "from cache", "retracted")
    for at, head in enumerate(heads):
        shown.add_column(head, justify="left" if at == 1 else "right")
    best = {row["concurrency"]: row["problems_a_second"] for row in rows if row["schedule"] == "continuous"}
    for row in rows:
        cells = [f"{row['problems_a_second']:.3f}"]
        cells += [f"{best[row['concurrency']] / row['problems_a_second']:.2f}×"]
        cells += [f"{row['tokens_a_second']:,.0f}"]
        cells += [f"{row[key]:,.0f}" for key in ("waited_median", "waited_p95", "took_median", "took_p95")]
        cells += [f"{row['kv_peak_bytes'] / 1e9:.1f}"]
        cells += [f"{row[key]:,.0f}" for key in ("prefilled", "again", "cached", "retracted")]
        shown.add_row(str(row["concurrency"]), row["schedule"], *cells)
    return shown


def sensitivity_table(rows: dict[str, Row]) -> Table:
    shown = Table(title="Throughput of continuous scheduling over the others, at 64 slots unless said")
    shown.add_column("varied")
    for name in SCHEDULES[1:]:
        shown.add_column(name, justify="right")
    for varied, row in rows.items():
        shown.add_row(varied, *(f"{row[name]:.2f}×" for name in SCHEDULES[1:]))
    return shown


def by_length(workload: Workload, seeds: int, parameters: Parameters) -> dict[str, list[tuple[int, float]]]:
    """For each schedule the (reasoning tokens, seconds taken) of every problem."""
    drawn = [replace(workload, seed=seed).draw() for seed in range(seeds)]
    lengths = [sum(problem) for problems in drawn for problem in problems]
    return {
        name: list(
            zip(
                lengths,
                [took for problems in drawn for took in run(name, problems, parameters).took],
                strict=True,
            )
        )
        for name in SCHEDULES
    }


def numbers(text: str) -> list[int]:
    found = [int(part) for part in text.split(",")]
    if min(found) < 1:
        raise ValueError
    return found


def _positive(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def positive(text: str) -> Any:
        if not 0 < (value := kind(text)) < 1e6:
            raise ValueError
        return value

    return positive


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--concurrency", type=numbers, default=[8, 64, 256], help="N,N,…")
    parser.add_argument("--problems", type=_positive(int), default=500)
    parser.add_argument("--seeds", type=_positive(int), default=3, help="drawings of the problems")
    parser.add_argument("--compression", type=_positive(float), default=9.6, help="text per vision token")
    parser.add_argument("--model", default="qwen3-vl-8b", help="as for vtc-r1 plan")
    parser.add_argument("--gpu", default="h100", help="as for vtc-r1 plan")
    parser.add_argument("--out", type=Path, help="folder for the two plots (PNG, SVG) and loop.json")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    arguments = parser.parse_args()
    try:
        arguments.roofline = Roofline(shape_of(arguments.model), gpu_named(arguments.gpu))
        require(["matplotlib"] if arguments.out else [], {})
    except (VtcError, argparse.ArgumentTypeError) as error:
        parser.error(str(error))
    return arguments


def main() -> int:
    arguments = parse_arguments()
    parameters = Parameters(arguments.roofline, compression=arguments.compression)
    workload = Workload(problems=arguments.problems)

    def measured(slots: Sequence[int]) -> list[Row]:
        each = [(replace(parameters, slots=count), name) for count in slots for name in SCHEDULES]
        return [measure(name, workload, arguments.seeds, changed) for changed, name in each]

    rows = measured(arguments.concurrency)
    varied = {
        what: gain(problems, arguments.seeds, changed)
        for what, (problems, changed) in variations(workload, parameters).items()
    }
    assumed = {"parameters": asdict(parameters), "segments": COUNTS, "workload": asdict(workload)}
    found = json.dumps({"rows": rows, "sensitivity": varied, "assumed": assumed}, indent=2)
    if arguments.out:
        lengths = by_length(workload, arguments.seeds, replace(parameters, slots=64))
        for path in plot(lengths, measured(SWEEP), arguments.out):
            print(f"wrote {path}", file=sys.stderr)
        (arguments.out / "loop.json").write_text(found, "utf-8")
    if arguments.json:
        print(found)
        return 0
    console = Console() if sys.stdout.isatty() else Console(width=180)
    console.print(table(rows))
    console.print(sensitivity_table(varied))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
