"""Rows in the schema of OpenR1-Math-220k for tests, and builds of them."""

import json
from pathlib import Path
from typing import Any

from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft.building.build import build
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.progress import BuildProgress
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.sources import open_source
from vtc_r1.tokens import ESTIMATE

STEP = (
    "Wait, let me look at case {n} again. The sum is "
    "$\\sum_{{k=1}}^{{{n}}} k = \\frac{{{n}\\cdot {m}}}{{2}}$, "
    "so it holds. Then I add {m} to it, which gives a number that I keep."
)


def trace(steps: int, start: int = 1) -> str:
    """A trace of so many paragraphs of about 50 estimated tokens."""
    return "\n\n".join(STEP.format(n=n, m=n + 1) for n in range(start, start + steps))


def row(number: int = 0, steps: int = 6, **fields: Any) -> dict[str, Any]:
    """One row with a right and a wrong generation; fields replace what it has."""
    good = f"<think>\n{trace(steps, number + 1)}\n</think>\n\nSo it is \\boxed{{{number}}}."
    return {
        "problem": f"What is {number} + 0?",
        "solution": "It is what it is.",
        "answer": str(number),
        "problem_type": "Algebra",
        "question_type": "math-word-problem",
        "source": "made",
        "uuid": f"uuid-{number}",
        "is_reasoning_complete": [True, True],
        "generations": [good, "<think>\nA guess.\n</think>\n\\boxed{?}"],
        "correctness_math_verify": [True, False],
        "correctness_llama": None,
        "finish_reasons": ["stop", "stop"],
        "correctness_count": 1,
        "messages": [{"role": "user", "content": "What?"}],
        **fields,
    }


def write_six(folder: Path) -> Path:
    """Write `rows.jsonl` with six rows of two to six steps."""
    return write_jsonl(folder / "rows.jsonl", [row(number, steps=2 + number % 5) for number in range(6)])


def write_jsonl(path: Path, rows: list[Any]) -> Path:
    """Write rows as JSON lines; a string is a line as it is."""
    lines = (each if isinstance(each, str) else json.dumps(each) for each in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]], group: int = 3) -> Path:
    """Write rows as Parquet in small row groups."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=group)
    return path


def config(source: dict[str, Any], **fields: Any) -> BuildConfig:
    """A configuration of small segments on small pages."""
    usual = {
        "tokens": ESTIMATE,
        "profile": load_profile("default").replace(width=320, height=320),
        "prompts_sha256": PromptSet("vtc").sha256,
        "segment_tokens": 134,
        "shard_rows": 4,
    }
    return BuildConfig(source=source, **{**usual, **fields})


def built(source: Path, out: Path, **fields: Any) -> BuildProgress:
    """Build in this process."""
    opened = open_source(str(source))
    with Workspace(out, config(opened.identity, **fields)) as workspace:
        return build(workspace, opened)
