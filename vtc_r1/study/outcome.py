"""The results of a finished job as figures, read from the folder that its command wrote."""

import json
from pathlib import Path
from typing import Any

from vtc_r1.errors import OF_SERVER, StorageError
from vtc_r1.study.jobs import Job

Figures = dict[str, Any]
_MEASURED = ("latency", "throughput", "causes")
"""Parts of a run's summary that differ from one run or machine to the next."""


def is_complete(job: Job, out: Path, code: int) -> bool:
    """Tell whether a job is done; so is an evaluation with failures, if the server caused none of them."""
    if code == 0:
        return True
    if job.kind != "eval" or code != 1:
        return False
    summaries = [json.loads(path.read_bytes()) for path in sorted(out.glob("*/*/summary.json"))]
    return bool(summaries) and all(
        one["owed"] == 0 and one["failed"] and not OF_SERVER & set(one["causes"]) for one in summaries
    )


def figures(job: Job, out: Path) -> Figures:
    """Return the figures of a job; raises StorageError where a file is not what its command writes."""
    try:
        return _figures(job, out)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{out}: the results of {job.label} cannot be read ({error})") from error


def _figures(job: Job, out: Path) -> Figures:
    match job.kind:
        case "data" | "sample":
            from vtc_r1.sft.built.dataset import BuiltDataset
            from vtc_r1.sft.built.statistics import report

            found = report(BuiltDataset(out))
            names = ("examples", "traces", "text_tokens", "vision_tokens", "compression_ratio")
            return {name: found[name] for name in names if name in found}
        case "sft" | "grpo":
            checkpoint = out / "checkpoint"
            return {"bytes": sum(path.stat().st_size for path in checkpoint.rglob("*") if path.is_file())}
        case "eval":
            return {"runs": [_run(path) for path in sorted(out.glob("*/*/summary.json"))]}
        case "probe":
            read = json.loads((out / "result.json").read_bytes())
            return {name: read[name] for name in ("points", "failed", "complete")}
    return {}


def _run(path: Path) -> Figures:
    summary = json.loads(path.read_bytes())
    measured = {name: summary.pop(name, None) for name in _MEASURED}
    measured["cached_tokens"] = summary["tokens"].pop("cached", None)  # what happened to be cached
    run = json.loads((path.parent / "run.json").read_bytes())
    return {
        "folder": path.parent.relative_to(path.parents[2]).as_posix(),
        "fingerprint": run["fingerprint"],
        "revision": run["revision"],
        "configuration": {name: run[name] for name in ("sampling", "budget", "profile", "prompts", "seed")},
        "model": run["model"],
        "grading": run["grading"],
        "references": run["benchmark"]["reference"],
        "summary": summary,
        "measured": measured,
    }
