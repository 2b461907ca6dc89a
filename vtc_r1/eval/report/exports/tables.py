"""Tables as JSON objects of `columns` and `data`, the arguments of `wandb.Table` and `trackio.Table`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vtc_r1.eval.report.score import Score
from vtc_r1.eval.report.sources import Sources
from vtc_r1.eval.summary import Figure

_SAMPLES = (
    "benchmark", "run", "memory", "model", "problem", "sample", "question", "gold", "answer", "right",
    "score", "outcome", "rule", "method", "error", "doubtful", "iterations", "completion_tokens",
    "prompt_tokens", "vision_tokens", "cached_tokens", "seconds",
)  # fmt: skip
_RUNS = (
    "benchmark", "run", "memory", "model", "problems", "samples", "solved", "owed", "failed", "accuracy",
    "accuracy_low", "accuracy_high", "pass_at_n", "maj_at_n", "iterations", "completion_tokens",
    "text_tokens", "vision_tokens", "compression", "seconds_median",
)  # fmt: skip


def write_tables(
    folder: Path, sources: Sources, labels: Sequence[str], scores: Sequence[Score | None]
) -> None:
    """Write `samples.json` and `runs.json`, with one row per sample or run."""
    folder.mkdir()
    _write(
        folder / "samples.json", _SAMPLES, [_sample(sources, labels, at) for at in range(len(sources.rows))]
    )
    runs = [_run(sources, labels[at], at, score) for at, score in enumerate(scores) if score is not None]
    _write(folder / "runs.json", _RUNS, runs)


def _sample(sources: Sources, labels: Sequence[str], at: int) -> list[Any]:
    row = sources.rows[at]
    run, (benchmark, problem) = sources.folders[row.run].run, sources.problems[row.problem]
    one, usage = row.measured, row.measured.usage
    return [
        benchmark, labels[row.run], run.memory, run.model.name, problem.id, row.sample, problem.question,
        problem.shown_gold, row.answer, one.correct, one.share, row.outcome, row.rule, row.method,
        one.ungraded, one.doubtful, one.iterations, usage.completion_tokens, usage.prompt_tokens,
        usage.vision_tokens, usage.cached_tokens, round(one.seconds, 3),
    ]  # fmt: skip


def _run(sources: Sources, label: str, at: int, score: Score) -> list[Any]:
    run, found = sources.folders[at].run, score.summary
    accuracy: Figure | None = found.accuracy
    shares = [None, None, None] if accuracy is None else [accuracy.mean, accuracy.low, accuracy.high]
    at_n = found.pass_at.get(found.samples)
    return [
        run.benchmark.name, label, run.memory, run.model.name, found.problems, found.samples, found.solved,
        found.owed, found.failed, *shares, None if at_n is None else at_n.mean,
        None if found.majority is None else found.majority.mean, found.iterations, found.tokens.completion,
        found.tokens.text, found.tokens.vision, found.compression, found.latency.median,
    ]  # fmt: skip


def _write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    written = json.dumps({"columns": list(columns), "data": rows}, ensure_ascii=False)
    path.write_text(written, encoding="utf-8", errors="replace")
