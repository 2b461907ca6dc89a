"""The samples as CSV that is safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from vtc_r1.eval.report.sources import Sources

_FORMULA = re.compile(r"\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_COLUMNS = (
    "benchmark", "run", "memory", "model", "problem", "sample", "level", "subject", "status", "outcome",
    "right", "answer", "gold", "rule", "method", "disagreement", "iterations", "completion_tokens",
    "prompt_tokens", "vision_tokens", "cached_tokens", "seconds", "exhausted",
)  # fmt: skip


def write_sheet(path: Path, sources: Sources, labels: Sequence[str]) -> None:
    """Write one row per sample; long answers are truncated."""
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row in sources.rows:
            run = sources.folders[row.run].run
            benchmark, problem = sources.problems[row.problem]
            one, usage = row.measured, row.measured.usage
            cells = (
                benchmark, labels[row.run], run.memory, run.model.name, problem.id, row.sample, problem.level,
                problem.subject, one.status, row.outcome, int(one.correct), row.answer, problem.shown_gold,
                row.rule, row.method, int(one.doubtful), one.iterations, usage.completion_tokens,
                usage.prompt_tokens, usage.vision_tokens, usage.cached_tokens, round(one.seconds, 3),
                one.exhausted,
            )  # fmt: skip
            writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in cells])


def safe(text: str) -> str:
    """Escape text that a spreadsheet would take for a formula; plain numbers are kept."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
