"""Rows as OpenR1-Math-220k has them, made from solutions of mathematical problems."""

import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus import DATA

from vtc_r1.estimates import REASONING

_OPENERS = (
    "Okay, so I need to work this out carefully.",
    "Wait, let me check that again.",
    "Hmm, maybe there is another way to see this.",
    "Let me verify this with a similar case first.",
    "Alternatively, I could try to argue directly.",
    "So, putting this together, I should look at the next part.",
    "But wait, is that really true in general? Let me test it with a simple case.",
)


def problems(path: Path = DATA) -> list[dict[str, str]]:
    """Read MATH500: problem, solution, answer."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def rows(count: int, tokens: int, seed: int = 0, path: Path = DATA) -> Iterator[dict[str, Any]]:
    """Draw `count` rows whose traces have `tokens` estimated tokens on average.

    Lengths are log-normal (sigma 0.7, from a quarter of the average to five times it). A trace joins
    solutions of several problems, its own last, with the openers of someone who thinks aloud.
    """
    known, rng = problems(path), random.Random(seed)
    for number in range(count):
        own = known[number % len(known)]
        length = min(5.0, max(0.25, rng.lognormvariate(-0.245, 0.7))) * tokens * REASONING.characters
        yield _row(own, _trace(rng, own, known, length), rng, number)


def _trace(rng: random.Random, own: dict[str, str], known: list[dict[str, str]], length: float) -> str:
    parts = [rng.choice(_OPENERS)]
    size = len(own["solution"])
    while size < length:
        for paragraph in rng.choice(known)["solution"].split("\n\n"):
            opener = f"{rng.choice(_OPENERS)} " if rng.random() < 0.5 else ""
            parts.append(opener + paragraph)
            size += len(parts[-1]) + 2
            if size >= length:
                break
    return "\n\n".join([*parts, own["solution"]])


def _row(own: dict[str, str], trace: str, rng: random.Random, number: int) -> dict[str, Any]:
    good = f"<think>\n{trace}\n</think>\n\n{own['solution']}"
    wrong = f"<think>\nHmm, I would guess.\n</think>\n\n\\boxed{{{rng.randrange(100)}}}"
    verdict = [True, False]
    return {
        "problem": own["problem"],
        "solution": own["solution"],
        "answer": own["answer"],
        "problem_type": own.get("subject"),
        "question_type": "math-word-problem",
        "source": "math500",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{number}:{own['problem']}")),
        "is_reasoning_complete": [True, True],
        "generations": [good, wrong],
        "correctness_math_verify": verdict if number % 3 else None,
        "correctness_llama": None if number % 3 else verdict,
        "finish_reasons": ["stop", "stop"],
        "correctness_count": 1,
        "messages": [{"role": "user", "content": own["problem"]}, {"role": "assistant", "content": good}],
    }


def write_jsonl(path: Path, records: Iterator[dict[str, Any]]) -> None:
    """Write rows as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_parquet(path: Path, records: Iterator[dict[str, Any]]) -> None:
    """Write rows as one Parquet file with row groups of 1,000."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(list(records)), path, row_group_size=1_000)
