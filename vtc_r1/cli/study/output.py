"""What `vtc-r1 study` prints: the plan as a table, the result as another."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from vtc_r1.cli.printable import printable
from vtc_r1.cli.tables import folded, parted, room
from vtc_r1.study.plan import Plan, Planned, total


def say(line: str) -> None:
    """Print a line of progress."""
    print(printable(f"study: {line}"), file=sys.stderr, flush=True)


def print_plan(plan: Plan) -> None:
    """Print every job, whether it is done, and what the owed ones will take."""
    labels = {one.job.hash: one.job.label for one in plan.planned}
    head = ["", "after", "state", "time", "GPU time", "disk", "tokens", "estimated by"]
    listed = [_row(one, labels) for one in plan.planned]
    if plan.study.title:
        print(folded(plan.study.title, room()) + "\n")
    print(printable(parted(head, listed, room())))
    owed = [one.estimate for one in plan.owed]
    parts = [
        _sum("", [one.seconds for one in owed], _time),
        _sum(" of GPUs", [one.gpu_seconds for one in owed], _time),
        _sum(" of disk", [one.disk for one in owed], _bytes),
        _sum(" tokens", [one.tokens for one in owed], _tokens),
    ]
    done = len(plan.planned) - len(owed)
    print("\n" + folded(f"{done} of {len(plan.planned)} jobs done; owed: {', '.join(parts)}", room()))


def print_refusals(reasons: list[str], stream: TextIO) -> None:
    """Print why a study cannot start, if there is more than one reason."""
    for at, reason in enumerate(reasons if len(reasons) > 1 else [], 1):
        print(printable(f"{at}. {reason}"), file=stream)


def print_result(result: dict[str, Any], folder: Path) -> None:
    """Print the table, and where the whole result is."""
    head = ["", "memory", "accuracy", "95 %", "problems", "solves"]
    listed = []
    for row in result["table"]:
        figure = row["accuracy"]
        bounds = f"{100 * figure['low']:.1f}–{100 * figure['high']:.1f}"
        name = f"{row['benchmark']} · {row['step']}"
        counts = [f"{row['problems']:,}", f"{row['solves']:,}"]
        listed.append([name, row["memory"], f"{100 * figure['mean']:.1f} %", bounds, *counts])
    if listed:
        print(printable(parted(head, listed, room())) + "\n")
    print(folder / "result.md")


def _row(one: Planned, labels: dict[str, str]) -> list[str]:
    estimate = one.estimate
    after = ", ".join(dict.fromkeys(labels.get(need, "?").split(" · ")[0] for need in one.job.needs)) or "–"
    if one.done is not None:
        took = _time(one.done["seconds"])
        return [one.job.label, after, "done", took, "–", "–", "–", "as it was"]
    figures = [
        _time(estimate.seconds),
        _time(estimate.gpu_seconds),
        _bytes(estimate.disk),
        _tokens(estimate.tokens),
    ]
    return [one.job.label, after, one.state, *figures, estimate.basis]


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6_000 else f"{seconds / 3_600:,.1f} h"


def _bytes(size: float | None) -> str:
    if size is None:
        return "unknown"
    return f"{size / 1e6:,.0f} MB" if size < 1e9 else f"{size / 1e9:,.1f} GB"


def _tokens(number: float | None) -> str:
    if number is None:
        return "unknown"
    return f"{number:,.0f}" if number < 1e6 else f"{number / 1e6:,.0f}M"


def _sum(unit: str, values: list[float | None], shown: Callable[[float | None], str]) -> str:
    known, whole = total(values)
    return f"{'' if whole else 'at least '}{shown(known)}{unit}"
