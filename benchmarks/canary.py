"""What does a canary on every page save, and what does it cost? python benchmarks/canary.py.

The same problems are solved without and with `--canary`, by a server on a socket that reads the page images
and misreads a share of them (`--rate`). Each problem is a sum, one amount a segment, whose total goes on from
page to page, so that a misread page is fatal. Prints how many answers are wrong, and the tokens of a solve,
prompts and segments, those of void segments included: all of them, and those new to a prefix cache.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from misreading_server import MODEL, PROFILE, Harm, Misreader, Server

from vtc_r1.cli.tables import table
from vtc_r1.eval.metrics import wilson
from vtc_r1.iteration import Canaries
from vtc_r1.solver import Solver
from vtc_r1.trace import Trace


@dataclass(frozen=True)
class Arm:
    """The solves of one way: wrong answers, tokens of a solve, what became of the codes."""

    harm: str
    canary: bool
    solves: int
    wrong: int
    share: tuple[float, float, float]
    prompt: float
    written: float
    tokens: float
    new: float
    void: float
    codes: dict[str, Any]


def problems(number: int, steps: int, seed: int) -> tuple[list[str], list[int]]:
    """Return the questions and their sums."""
    drawn = random.Random(seed)
    amounts = [[drawn.randrange(1_000, 10_000) for _ in range(steps)] for _ in range(number)]
    asked = [
        "Add these amounts, one in each sitting. "
        + ", ".join(f"amount {at}: {amount}" for at, amount in enumerate(each, 1))
        for each in amounts
    ]
    return asked, [sum(each) for each in amounts]


def solve(options: argparse.Namespace, harm: Harm, *, canary: bool) -> Arm:
    """Solve the problems one way."""
    asked, sums = problems(options.problems, options.steps, options.seed)
    model = Misreader(options.rate, harm, options.tokens, options.seed)
    with (
        Server(model) as server,
        Solver(
            base_url=server.base_url,
            model=MODEL,
            profile=PROFILE,
            canary=canary,
            seed=options.seed,
            max_iterations=options.steps + 1,
            segment_tokens=2 * options.tokens,
        ) as solver,
    ):
        traces = list(solver.map(asked, concurrency=4))
    if failed := [trace for trace in traces if trace.status == "failed"]:
        raise SystemExit(f"{len(failed)} solves failed: {failed[0].error}")
    wrong = sum(trace.answer != str(sums[trace.index or 0]) for trace in traces)
    return _arm(harm, canary, traces, wrong)


def _arm(harm: str, canary: bool, traces: Sequence[Trace], wrong: int) -> Arm:
    prompt = fmean(trace.usage.prompt_tokens for trace in traces)
    written = fmean(trace.usage.completion_tokens for trace in traces)
    codes = sum((trace.canaries for trace in traces if trace.canaries), Canaries())
    counted = {"right": codes.right, "wrong": codes.wrong, "missing": codes.missing, "as text": codes.as_text}
    cached = fmean(trace.usage.cached_tokens for trace in traces)
    void = fmean(sum(each.is_void for each in trace.iterations) for trace in traces)
    share = wilson(wrong, len(traces))
    interval = (wrong / len(traces), share.low, share.high)
    counted["redrawn"] = len(codes.redrawn)
    tokens = prompt + written
    return Arm(
        harm, canary, len(traces), wrong, interval, prompt, written, tokens, tokens - cached, void, counted
    )


def shown(arms: Sequence[Arm]) -> str:
    """Return the table."""
    rows = []
    for arm in arms:
        plain = next(each for each in arms if each.harm == arm.harm and not each.canary)
        more, new = 100 * (arm.tokens / plain.tokens - 1), 100 * (arm.new / plain.new - 1)
        codes = ", ".join(f"{count} {name}" for name, count in arm.codes.items() if count)
        rows.append(
            (
                f"misread: {arm.harm}",
                "yes" if arm.canary else "no",
                f"{arm.wrong} of {arm.solves}: {100 * arm.share[0]:.1f} "
                f"[{100 * arm.share[1]:.1f}, {100 * arm.share[2]:.1f}]",
                f"{arm.prompt:,.0f}",
                f"{arm.written:,.0f}",
                f"{more:+.1f} %" if arm.canary else "–",
                f"{new:+.1f} %" if arm.canary else "–",
                f"{arm.void:.2f}",
                codes or "–",
            )
        )
    head = (
        "what happens",
        "canary",
        "wrong answers, %",
        "prompt",
        "written",
        "tokens",
        "new tokens",
        "void",
        "codes",
    )
    return table(head, rows)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--steps", type=int, default=5, help="amounts of a problem, one a segment")
    parser.add_argument("--tokens", type=int, default=1_600, help="of a segment")
    parser.add_argument("--rate", type=float, default=0.05, help="share of page images that are misread")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    harms: tuple[Harm, ...] = ("page", "characters")
    arms = [solve(options, harm, canary=canary) for harm in harms for canary in (False, True)]
    print(json.dumps([asdict(arm) for arm in arms], indent=2) if options.json else shown(arms))


if __name__ == "__main__":
    main()
