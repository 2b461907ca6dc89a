"""The page's index of samples: columns with one value per sample."""

from collections.abc import Mapping, Sequence
from typing import Any

from vtc_r1.configuration import Record
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.report.row import OUTCOMES, Row
from vtc_r1.eval.runs import Run
from vtc_r1.trace import Trace

_LONGEST_ANSWER = 160


def index(
    runs: Sequence[dict[str, Any]],
    problems: Sequence[tuple[str, Problem]],
    rows: Sequence[Row],
    chunk_of: Sequence[int],
    *,
    single: bool = False,
    compared: Sequence[tuple[int, int]] = (),
) -> dict[str, Any]:
    """Return the index of the page, for JSON.

    Args:
        runs: what the page shows of each run.
        problems: problems of all runs, each with its benchmark's name.
        rows: one row per sample.
        chunk_of: number of the file that holds each row's trace.
        single: whether the page shows a single trace.
        compared: pairs of runs, by index, that the page opens with.
    """
    return {
        "single": single,
        "compared": compared,
        "runs": runs,
        "problems": [
            [one.id, benchmark, one.question, one.shown_gold or None, one.level, one.subject]
            for benchmark, one in problems
        ],
        "run": [row.run for row in rows],
        "problem": [row.problem for row in rows],
        "sample": [row.sample for row in rows],
        "outcome": [OUTCOMES.index(row.outcome) for row in rows],
        "iterations": [row.measured.iterations for row in rows],
        "tokens": [row.measured.usage.completion_tokens for row in rows],
        "seconds": [round(row.measured.seconds, 2) for row in rows],
        "doubtful": [int(row.measured.doubtful) for row in rows],
        "verdict": [_verdict(row) for row in rows],
        "answer": [None if row.answer is None else row.answer[:_LONGEST_ANSWER] for row in rows],
        "chunk": chunk_of,
    }


def _verdict(row: Row) -> str | None:
    """Return the grading method, or why there is no verdict; None if there is no grade."""
    return None if row.method is None else row.measured.ungraded or row.method


def shown_run(run: Run, label: str, path: str) -> dict[str, Any]:
    """Return what the page shows of a run."""
    facts = {
        **_made(run),
        "data": run.revision,
        "samples": f"{run.samples} per problem",
        "created": run.created,
        **run.versions,
        "folder": path,
    }
    return _shown(run.benchmark.name, run.benchmark.title, run.memory, label, facts)


def shown_trace(trace: Trace) -> dict[str, Any]:
    """Return what the page shows of a trace without a run, as if it were one."""
    return _shown("", trace.model.name, trace.memory, trace.memory, {**_made(trace), **trace.versions})


def _shown(
    benchmark: str, title: str, memory: str, label: str, facts: Mapping[str, str | None]
) -> dict[str, Any]:
    written = [[name, value] for name, value in facts.items() if value is not None]
    made = dict(written).get("model", "")
    return {
        "benchmark": benchmark,
        "title": title,
        "memory": memory,
        "model": made,
        "label": label,
        "facts": written,
    }


def _made(one: Run | Trace) -> dict[str, str | None]:
    """Return the configuration of a run or a trace."""
    read = one.legibility
    return {
        "model": one.model.name,
        "backend": one.model.backend,
        "model revision": one.model.revision,
        "prompts": f"{one.prompts.name} ({one.prompts.sha256[:12]})",
        "profile": f"{one.profile.name} ({one.profile.sha256[:12]})",
        "segment end": one.segment_end,
        "density": one.density,
        "legibility": None if read is None else f"{read.name} ({read.sha256[:12]})",
        "canary": "on every page" if one.canary else None,
        "verify": one.verify,
        "sampling": _written(one.sampling),
        "budget": _written(one.budget),
    }


def _written(record: Record) -> str:
    values = record.model_dump(mode="json")
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)
