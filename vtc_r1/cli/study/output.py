"""What `vtc-r1 study` prints: the plan as a table, the result as another."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from vtc_r1.cli.printable import printable
from vtc_r1.cli.show import warn
from vtc_r1.cli.tables import folded, parted, room
from vtc_r1.study.estimate import UNKNOWN
from vtc_r1.study.plan import Plan, Planned, total
from vtc_r1.study.store import PACKAGE

_NAMED = 6  #: jobs that are named one by one


def say(line: str) -> None:
    """Print a line of progress."""
    print(printable(f"study: {line}"), file=sys.stderr, flush=True)


def print_plan(plan: Plan) -> None:
    """Print every step, how many of its jobs are done, and what the owed ones will take."""
    steps = {one.job.hash: one.job.step for one in plan.planned}
    groups: dict[tuple[str, str], list[Planned]] = {}
    for one in plan.planned:
        groups.setdefault((one.job.step, one.state), []).append(one)
    bases = {one.estimate.basis: None for one in plan.owed if one.estimate.basis != UNKNOWN}
    notes = {basis: at for at, basis in enumerate(bases, 1)}
    head = ["step", "jobs", "after", "state", "time", "GPU time", "disk", "tokens", "by"]
    listed = [_row(group, steps, notes) for group in groups.values()]
    if plan.study.title:
        print(folded(plan.study.title, room()) + "\n")
    print(printable(parted(head, listed, room())) + "\n")
    for basis, at in notes.items():
        print(printable(folded(f"{at}: {basis}", room())))
    owed = [one.estimate for one in plan.owed]
    parts = [
        _sum("", [one.seconds for one in owed], _time),
        _sum(" of GPUs", [one.gpu_seconds for one in owed], _time),
        _sum(" of disk", [one.disk for one in owed], _bytes),
        _sum(" tokens", [one.tokens for one in owed], _tokens),
    ]
    done = len(plan.planned) - len(owed)
    print(folded(f"{done} of {len(plan.planned)} jobs done; owed: {', '.join(parts)}", room()))


def print_refusals(reasons: list[str], stream: TextIO) -> None:
    """Print why a study cannot start, if there is more than one reason."""
    for at, reason in enumerate(reasons if len(reasons) > 1 else [], 1):
        print(printable(f"{at}. {reason}"), file=stream)


def warn_of_others(plan: Plan) -> None:
    """Print which jobs another version of this package did or began: they are kept, and not done again."""
    for version, labels in plan.others.items():
        named = ", ".join(labels[:_NAMED]) + (f" and {len(labels) - _NAMED} more" if labels[_NAMED:] else "")
        again = f"to do one again, delete its folder in {plan.store.path}"
        warn([f"vtc-r1 {version} did {named}, and this is {PACKAGE}: kept as they are; {again}"])


def print_result(result: dict[str, Any], folder: Path) -> None:
    """Print the table, and where the whole result is."""
    head = ["", "memory", "accuracy", "95 %", "n"]
    listed = []
    for row in result["table"]:
        figure, number = row["accuracy"], f"{row['problems']:,}"
        bounds = f"{100 * figure['low']:.1f}–{100 * figure['high']:.1f}"
        number += f" × {row['solves'] / row['problems']:g}" if row["solves"] != row["problems"] else ""
        name = f"{row['benchmark']} · {row['step']}"
        listed.append([name, row["memory"], f"{100 * figure['mean']:.1f} %", bounds, number])
    if listed:
        print(printable(parted(head, listed, room())) + "\n")
    print(folder / "result.md")


def _row(group: list[Planned], steps: dict[str, str], notes: dict[str, int]) -> list[str]:
    first = group[0]
    needs = (steps.get(need, "?") for one in group for need in one.job.needs)
    row = [first.job.step, str(len(group)), ", ".join(dict.fromkeys(needs)) or "–", first.state]
    if first.done is not None:
        return [*row, _time(sum(one.done["seconds"] for one in group if one.done)), "", "", "", ""]
    estimates = [one.estimate for one in group]
    by = sorted({notes[one.basis] for one in estimates if one.basis in notes})
    return [
        *row,
        _sum("", [one.seconds for one in estimates], _time),
        _sum("", [one.gpu_seconds for one in estimates], _time),
        _sum("", [one.disk for one in estimates], _bytes),
        _sum("", [one.tokens for one in estimates], _tokens),
        ", ".join(map(str, by)),
    ]


def _time(seconds: float | None) -> str:
    if seconds is None:
        return UNKNOWN
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6_000 else f"{seconds / 3_600:,.1f} h"


def _bytes(size: float | None) -> str:
    if size is None:
        return UNKNOWN
    return f"{size / 1e6:,.0f} MB" if size < 1e9 else f"{size / 1e9:,.1f} GB"


def _tokens(number: float | None) -> str:
    if number is None:
        return UNKNOWN
    return f"{number:,.0f}" if number < 1e6 else f"{number / 1e6:,.0f}M"


def _sum(unit: str, values: list[float | None], shown: Callable[[float | None], str]) -> str:
    known, whole = total(values)
    if not whole and not unit and all(value is None for value in values):
        return UNKNOWN
    return f"{'' if whole else '≥ '}{shown(known)}{unit}"
