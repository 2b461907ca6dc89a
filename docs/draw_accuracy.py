"""Solve with the embedded model, and put tables into its card and docs/evaluation.md: docs/draw_accuracy.py.

What is solved in `runs/embedded` is not solved again; the runs of another checkpoint are refused.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import ranges
from draw_fidelity import block

from vtc_r1.compression import times
from vtc_r1.eval.metrics import wilson
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import RunFolder
from vtc_r1.eval.summary import Summary, natural_key

HERE, OUT = Path(__file__).parent, Path("runs/embedded")
CARD, EVALUATION = HERE.parent / "vtc_r1/backends/nano/README.md", HERE / "evaluation.md"
POLICIES = {
    "arithmetic": ("optical", "text", "hybrid", "single", "blank", "forget"),
    "lookup": ("optical", "text", "blank"),
}
"""The commands that solve under them stand in docs/evaluation.md."""
SHOWN = ("optical", "text", "blank")
"""Policies of the card's tables."""
RANGES, ROWS = HERE / "ranges.toml", OUT / "ranges.jsonl"
"""Benchmark of further problems, and its rows."""
Solved = list[tuple[Problem, bool]]


def solve(*benchmark: str, memory: tuple[str, ...]) -> None:
    """Solve what is not solved yet; wrong answers are no failure."""
    flags = ["--memory", ",".join(memory), "--concurrency", "32", "--out", str(OUT), "-q"]
    subprocess.run([sys.executable, "-m", "vtc_r1", "eval", *benchmark, *flags], check=True)


def solved(benchmark: str, memory: str) -> Solved:
    """Every problem of a run, and whether it was solved."""
    run = RunFolder(OUT / benchmark / memory)
    grades = {problem: graded.grade.correct for (problem, _), graded in run.grades().items()}
    return [(problem, grades[problem.id]) for problem in run.problems()]


def share(found: Solved) -> str:
    """Accuracy with Wilson's interval."""
    if not found:
        return "–"
    mean = wilson(sum(right for _, right in found), len(found))
    return f"{100 * mean.mean:.1f} % [{100 * mean.low:.1f}, {100 * mean.high:.1f}]"


def several(found: Solved) -> Solved:
    """What takes two or more iterations."""
    return [(problem, right) for problem, right in found if int(problem.level or 1) > 1]


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def groups(title: str, runs: dict[str, Solved], key: Callable[[Problem], str | None]) -> str:
    """Accuracy in each group of problems, and in all, by what a column is called."""
    names = sorted({str(key(problem)) for found in runs.values() for problem, _ in found}, key=natural_key)
    rows = []
    for name in [*names, "all"]:
        parts = [[one for one in found if name in (str(key(one[0])), "all")] for found in runs.values()]
        rows.append([name, str(len(parts[0])), *map(share, parts)])
    return table([title, "problems", *runs], rows)


def costs(runs: dict[str, Solved]) -> str:
    """What each policy reaches, and what a solve costs."""
    head = ["memory", "accuracy", "of two or more iterations", "iterations", "text", "vision", "completion"]
    rows = []
    for memory, found in runs.items():
        path = OUT / "arithmetic" / memory / "summary.json"
        summary = Summary.model_validate_json(path.read_bytes())
        tokens = (summary.tokens.text, summary.tokens.vision, summary.tokens.completion)
        means = [f"{summary.iterations:.2f}", *(f"{count:.0f}" for count in tokens)]
        rows.append([memory, share(found), share(several(found)), *means, times(summary.compression)])
    return table([*head, "compression"], rows)


def main() -> None:
    ranges.write(ROWS)
    for benchmark, memory in POLICIES.items():
        solve(benchmark, memory=memory)
    solve(str(RANGES), "--file", str(ROWS), memory=("optical",))
    exercises = {memory: solved("arithmetic", memory) for memory in POLICIES["arithmetic"]}
    shown = {memory: exercises[memory] for memory in SHOWN}
    by_kind = {**shown, "blank, two or more iterations": several(shown["blank"])}
    del by_kind["blank"]
    lookups = {memory: solved("lookup", memory) for memory in SHOWN}
    card, evaluation = CARD.read_text("utf-8"), EVALUATION.read_text("utf-8")
    card = block(card, "kinds", groups("kind", by_kind, lambda problem: problem.subject))
    card = block(card, "iterations", groups("iterations", shown, lambda problem: problem.level))
    usual, hard = Solved(), Solved()
    for problem, right in solved("ranges", "optical"):
        is_hard = (problem.subject or "").endswith(ranges.OFTEN_WRONG)
        (hard if is_hard else usual).append((problem, right))
    for name, found in (("ranges", usual), ("hard", hard)):
        card = block(card, name, groups("drawn", {"optical": found}, lambda problem: problem.subject))
    card = block(card, "lookups", groups("lines", lookups, lambda problem: problem.level))
    CARD.write_text(card, "utf-8")
    EVALUATION.write_text(block(evaluation, "policies", costs(exercises)), "utf-8")


if __name__ == "__main__":
    main()
