"""The samples of a run in the terminal: listed, failures first, or one chosen."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len

from vtc_r1.cli.printable import printable
from vtc_r1.cli.tables import broken, folded, room
from vtc_r1.counted import count
from vtc_r1.errors import UnknownName, Unreadable, UsageError
from vtc_r1.eval.report.row import OUTCOMES, Row
from vtc_r1.eval.report.single import Viewed
from vtc_r1.eval.report.sources import Sources
from vtc_r1.eval.runs import RunFolder, find_runs
from vtc_r1.eval.runs.folder import RUN
from vtc_r1.storage import trace_of

_SIGNS = {"right": "✓", "wrong": "✗", "no answer": "∅", "failed": "!", "ungraded": "?"}
_LONGEST = 40
_INDENT = " " * 13


def run_folder(path: Path) -> RunFolder | None:
    """Return the run in `path`, None where it holds none; raises UsageError where it holds several."""
    if not any(next(path.glob(depth + RUN), None) for depth in ("", "*/", "*/*/", "*/*/*/")):
        return None
    found = find_runs([path])
    if len(found) > 1:
        named = ", ".join(str(folder.path) for folder in found)
        raise UsageError(f"{path}: holds {len(found)} runs; view one of {named}")
    return found[0]


def chosen_sample(
    folder: RunFolder, problem: str | None, sample: int | None, *, as_json: bool
) -> Viewed | None:
    """Return the sample that is named; where there are several, list them and return None.

    Raises:
        UnknownName: the run has no such problem.
        StorageError: the problem has no such sample.
    """
    sources = Sources.read([folder])
    known = [one.id for _, one in sources.problems]
    if problem is not None and problem not in known:
        raise UnknownName("problem", problem, known)
    if sample is not None and problem is None:
        raise UsageError("--sample needs --problem: which of its samples")
    rows = [row for row in sources.rows if problem is None or known[row.problem] == problem]
    if sample is not None:
        there = ", ".join(str(row.sample) for row in rows) or "none"
        rows = [row for row in rows if row.sample == sample]
        if not rows:
            raise Unreadable(f"{folder.path}: problem {problem!r} has no sample {sample}; there are {there}")
    if problem is not None and len(rows) == 1:
        return _viewed(sources, rows[0])
    rows.sort(key=lambda row: OUTCOMES.index(row.outcome))
    print(_as_json(sources, rows) if as_json else printable(_listed(sources, rows)))
    return None


def _viewed(sources: Sources, row: Row) -> Viewed:
    folder = sources.folders[row.run]
    _, values = next(sources.traces([row]))
    graded = sources.grade(row)
    return Viewed(
        trace_of(values),
        folder.page_path,
        folder,
        sources.problems[row.problem][1],
        row.sample,
        None if graded is None else graded.grade,
    )


def _listed(sources: Sources, rows: Sequence[Row]) -> str:
    """Write a line of what the run is, and one for every sample."""
    run = sources.folders[0].run
    counts = Counter(row.outcome for row in rows)
    outcomes = ", ".join(f"{number:,} {outcome}" for outcome, number in counts.most_common())
    title = f"{run.benchmark.title} · {run.memory} · {run.model.name}"
    lines = [broken(f"{title} · {count(len(rows), 'sample')}: {outcomes}", room())]
    widest = max((len(_flat(sources.problems[row.problem][1].id)) for row in rows), default=0)
    for row in rows:
        problem, one = sources.problems[row.problem][1], row.measured
        gold = "" if row.outcome == "right" else f" ≠ {_short(problem.shown_gold)}"
        answer = _short(row.answer) if row.answer is not None else "–"
        if one.exhausted:
            answer += f" (out of {one.exhausted})"
        spent = f"{one.iterations:>3} it  {one.usage.completion_tokens:>7,} tokens  {one.seconds:>7,.1f} s"
        name = f"{_flat(problem.id):<{min(widest, _LONGEST)}}"
        which = f"{_SIGNS[row.outcome]} {row.outcome:<9}  {name}  {row.sample:>3}"
        lines.append(_laid_out(which, spent, f"{answer}{gold}"))
    return "\n".join(lines + sources.notes)


def _laid_out(*parts: str) -> str:
    """Put parts side by side; those that do not fit begin another line."""
    lines = [folded(parts[0], room(), _INDENT)]
    for part in parts[1:]:
        beside = f"{lines[-1]}  {part}"
        if cell_len(beside) <= room():
            lines[-1] = beside
        else:
            lines.append(folded(f"{_INDENT}{part}", room(), _INDENT))
    return "\n".join(lines)


def _as_json(sources: Sources, rows: Sequence[Row]) -> str:
    listed = [
        {
            "problem": sources.problems[row.problem][1].id,
            "sample": row.sample,
            "outcome": row.outcome,
            "status": row.measured.status,
            "exhausted": row.measured.exhausted,
            "answer": row.answer,
            "gold": sources.problems[row.problem][1].answer,
            "iterations": row.measured.iterations,
            "completion_tokens": row.measured.usage.completion_tokens,
            "vision_tokens": row.measured.usage.vision_tokens,
            "seconds": row.measured.seconds,
        }
        for row in rows
    ]
    return json.dumps(listed, indent=2)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _short(text: str) -> str:
    flat = _flat(text)
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
