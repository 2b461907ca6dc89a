"""Results and samples in the format of lm-evaluation-harness: one folder per run, as in `--output_path`."""

import hashlib
import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import stdev
from typing import Any

from vtc_r1.eval.metrics import average
from vtc_r1.eval.report.row import Row
from vtc_r1.eval.report.score import Score
from vtc_r1.eval.report.sources import Sources
from vtc_r1.eval.runs import Run
from vtc_r1.eval.summary import grouped

_METRIC, _FILTER = "exact_match", "none"
_BY_TASK = (
    "results", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples"
)  # fmt: skip
"""Parts of the results with one entry per task."""


def write_harness(
    folder: Path, sources: Sources, labels: Sequence[str], scores: Sequence[Score | None]
) -> None:
    """Write `MODEL__MEMORY/results_TIME.json`, and `samples_TASK_TIME.jsonl` for every benchmark.

    A benchmark is a task; its metric `exact_match` is our accuracy, with the standard error over problems.
    """
    now = datetime.now(UTC)
    time = now.isoformat().replace(":", "-")
    found: dict[str, dict[str, Any]] = {}
    for at, score in enumerate(scores):
        if score is None:
            continue
        run = sources.folders[at].run
        task, name = run.benchmark.name, _sanitized(f"{run.model.name}__{run.memory}")
        if task in found.get(name, {}).get("results", {}):
            name = f"{name}__{at + 1}"
        (folder / name).mkdir(parents=True, exist_ok=True)
        results = _results(run, score, now)
        known = found.setdefault(name, results)
        for part in _BY_TASK:
            known[part] |= results[part]
        with (folder / name / f"samples_{task}_{time}.jsonl").open(
            "w", encoding="utf-8", errors="replace"
        ) as file:
            for row, trace in sources.traces([row for row in sources.rows if row.run == at]):
                file.write(json.dumps(_sample(sources, row, trace), ensure_ascii=False) + "\n")
    for name, results in found.items():
        written = json.dumps(results, indent=2, ensure_ascii=False)
        path = folder / name / f"results_{time}.json"
        path.write_text(written, encoding="utf-8", errors="replace")


def _results(run: Run, score: Score, now: datetime) -> dict[str, Any]:
    task, found = run.benchmark.name, score.summary
    shares = [average([one.share for one in solves]) for solves in grouped(score.measured).values()]
    error = stdev(shares) / math.sqrt(len(shares)) if len(shares) > 1 else "N/A"
    sampling = run.sampling.model_dump(mode="json", exclude_none=True)
    return {
        "results": {
            task: {
                "alias": task,
                f"{_METRIC},{_FILTER}": None if found.accuracy is None else found.accuracy.mean,
                f"{_METRIC}_stderr,{_FILTER}": error,
            }
        },
        "group_subtasks": {task: []},
        "configs": {
            task: {
                "task": task,
                "dataset_path": run.benchmark.dataset,
                "dataset_name": run.benchmark.config,
                "test_split": run.benchmark.split,
                "output_type": "generate_until",
                "repeats": run.samples,
                "num_fewshot": 0,
                "generation_kwargs": sampling,
                "metric_list": [{"metric": _METRIC, "aggregation": "mean", "higher_is_better": True}],
                "metadata": {
                    "memory": run.memory,
                    "grader": run.benchmark.grader,
                    "fingerprint": run.fingerprint,
                },
            }
        },
        "versions": {task: run.revision},
        "n-shot": {task: 0},
        "higher_is_better": {task: {_METRIC: True}},
        "n-samples": {task: {"original": run.problems, "effective": len(shares)}},
        "config": {
            "model": f"vtc-r1 {version('vtc-r1')}",
            "model_args": {
                "pretrained": run.model.name,
                "memory": run.memory,
                "revision": run.model.revision,
            },
            "batch_size": None,
            "limit": None,
            "gen_kwargs": sampling,
            "random_seed": run.seed,
        },
        "git_hash": None,
        "date": now.timestamp(),
        "model_source": run.model.backend,
        "model_name": run.model.name,
        "model_name_sanitized": _sanitized(run.model.name),
        "total_evaluation_time_seconds": None,
    }


def _sample(sources: Sources, row: Row, trace: dict[str, Any]) -> dict[str, Any]:
    problem = sources.problems[row.problem][1]
    texts = [part["text"] for part in trace["iterations"]]
    doc = {"id": problem.id, "question": problem.question, "answer": problem.answer}
    return {
        "doc_id": row.problem,
        "doc": doc,
        "target": problem.shown_gold,
        "arguments": {"gen_args_0": {"arg_0": problem.question, "arg_1": trace.get("sampling", {})}},
        "resps": [["\n\n".join(texts)]],
        "filtered_resps": [row.answer],
        "filter": _FILTER,
        "metrics": [_METRIC],
        "doc_hash": _hash(json.dumps(doc, ensure_ascii=True)),
        "prompt_hash": _hash(problem.question),
        "target_hash": _hash(problem.shown_gold),
        "sample": row.sample,
        _METRIC: row.measured.share,
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _sanitized(name: str) -> str:
    """Return a valid folder name, sanitised as the harness does."""
    return re.sub(r"[\"<>:/|\\?*\[\],=\s]+", "__", name)
