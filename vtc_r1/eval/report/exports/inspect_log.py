"""Logs of inspect_ai, written with its own library, for `inspect view`."""

import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1.errors import MissingExtra
from vtc_r1.eval.report.row import Row
from vtc_r1.eval.report.score import Score
from vtc_r1.eval.report.sources import Sources
from vtc_r1.eval.runs import Run

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

_SCORER = "vtc_r1"


def write_inspect(
    folder: Path, sources: Sources, labels: Sequence[str], scores: Sequence[Score | None]
) -> None:
    """Write a log for every run: each sample with its question, segments, grade and usage.

    Raises:
        MissingExtra: inspect_ai is not installed.
    """
    try:
        from inspect_ai.log import write_eval_log
    except ImportError as error:
        raise MissingExtra(error.name or "inspect-ai", "inspect", "logs of inspect_ai") from error
    folder.mkdir()
    for at, score in enumerate(scores):
        if score is None:
            continue
        run = sources.folders[at].run
        created = run.created.replace(":", "-")
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{run.benchmark.name}-{labels[at]}")
        log = _log(sources, at, run, score)
        write_eval_log(log, str(folder / f"{created}_{name}_{at + 1:03}.eval"))


def _log(sources: Sources, at: int, run: Run, score: Score) -> "EvalLog":
    from inspect_ai.log import (
        EvalConfig,
        EvalDataset,
        EvalLog,
        EvalMetric,
        EvalResults,
        EvalScore,
        EvalSpec,
        EvalStats,
    )
    from inspect_ai.model import GenerateConfig, ModelUsage

    rows = [row for row in sources.rows if row.run == at]
    samples = [_sample(sources, row, trace, run) for row, trace in sources.traces(rows)]
    accuracy = score.summary.accuracy
    metrics = {} if accuracy is None else {"accuracy": EvalMetric(name="accuracy", value=accuracy.mean)}
    usage = ModelUsage()
    for sample in samples:
        for spent in sample.model_usage.values():
            usage += spent
    sampling = run.sampling
    known = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
    return EvalLog(
        status="success" if score.summary.owed <= 0 else "cancelled",
        eval=EvalSpec(
            created=run.created,
            task=run.benchmark.name,
            task_id=f"{run.fingerprint[:16]}-{at}",
            task_display_name=f"{run.benchmark.title} · {run.memory}",
            dataset=EvalDataset(
                name=run.benchmark.title,
                location=run.benchmark.dataset,
                samples=run.problems,
                sample_ids=list(dict.fromkeys(sample.id for sample in samples)),
            ),
            model=run.model.name,
            model_generate_config=GenerateConfig(
                **{name: value for name, value in known.items() if value is not None}
            ),
            solver=f"vtc_r1/vtc memory={run.memory}",
            config=EvalConfig(epochs=run.samples),
            packages={"vtc-r1": version("vtc-r1")},
            metadata={"memory": run.memory, "revision": run.revision, "fingerprint": run.fingerprint},
        ),
        results=EvalResults(
            total_samples=run.problems * run.samples,
            completed_samples=len(samples),
            scores=[EvalScore(name=_SCORER, scorer=_SCORER, metrics=metrics)],
        ),
        stats=EvalStats(
            started_at=run.created, completed_at=run.created, model_usage={run.model.name: usage}
        ),
        samples=samples,
    )


def _sample(sources: Sources, row: Row, trace: dict[str, Any], run: Run) -> "EvalSample":
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, ModelOutput, ModelUsage
    from inspect_ai.scorer import CORRECT, INCORRECT
    from inspect_ai.scorer import Score as InspectScore

    problem, one = sources.problems[row.problem][1], row.measured
    texts = [part["text"] for part in trace["iterations"]]
    graded = sources.grade(row)
    grade = None if graded is None else graded.grade
    value: str | float = CORRECT if one.correct else INCORRECT
    scored = InspectScore(
        value=value if one.score is None else one.score,
        answer=row.answer,
        explanation=None if grade is None else _explained(row),
        metadata=None if grade is None else grade.model_dump(mode="json"),
    )
    usage = ModelUsage(
        input_tokens=one.usage.prompt_tokens,
        output_tokens=one.usage.completion_tokens,
        total_tokens=one.usage.prompt_tokens + one.usage.completion_tokens,
        input_tokens_cache_read=one.usage.cached_tokens,
    )
    output = ModelOutput.from_content(run.model.name, texts[-1] if texts else "", error=trace.get("error"))
    output.usage = usage
    return EvalSample(
        id=problem.id,
        epoch=row.sample + 1,
        input=problem.question,
        choices=list(problem.choices) or None,
        target=list(problem.golds) if len(problem.golds) > 1 else problem.answer,
        messages=[
            ChatMessageUser(content=problem.question),
            *(ChatMessageAssistant(content=text, model=run.model.name) for text in texts),
        ],
        output=output,
        scores={} if grade is None else {_SCORER: scored},
        metadata={
            "outcome": row.outcome,
            "status": one.status,
            "level": problem.level,
            "subject": problem.subject,
            "iterations": one.iterations,
            "vision_tokens": one.usage.vision_tokens,
            "seed": trace.get("sampling", {}).get("seed"),
        },
        model_usage={run.model.name: usage},
        total_time=one.seconds,
        working_time=one.seconds,
    )


def _explained(row: Row) -> str:
    parts = [f"rule {row.rule or 'none'}", f"method {row.method}"]
    parts += [f"error {row.measured.ungraded}"] if row.measured.ungraded else []
    parts += ["another rule finds an answer with the other verdict"] if row.measured.doubtful else []
    return ", ".join(parts)
