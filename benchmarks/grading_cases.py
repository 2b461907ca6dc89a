"""Cases of others: math-verify's own tests, read and never run, and files of JSON lines."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.answers import final_answer
from vtc_r1.eval.problem import Problem

_SHORT = 60
"""Characters of a prediction that is an answer rather than a solution."""


@dataclass(frozen=True)
class Case:
    """A case of a file: what is asked, the answer as the loop would have it, the text, the right verdict."""

    problem: Problem
    grader: str
    prediction: str
    answer: str | None
    text: str
    right: bool


def stored(path: Path) -> Iterator[Case]:
    """Yield the cases of a file."""
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        is_text, prediction = row.get("kind") == "text", row["prediction"]
        answer = final_answer(prediction, row["rule"], stopped=True) if is_text and "rule" in row else None
        yield Case(
            problem=Problem(
                id="1",
                question=row.get("question", "?"),
                answer=row["gold"],
                choices=tuple(row.get("choices", ())),
            ),
            grader=row.get("grader", "mathematics"),
            prediction=prediction,
            answer=answer if is_text else prediction,
            text=prediction if is_text else "",
            right=row["right"],
        )


def cases(folder: Path) -> Iterator[tuple[str, str, bool]]:
    """Yield gold, prediction and expectation of every parametrised test that names these three."""
    for path in sorted(folder.glob("test_*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("parametrize"):
                yield from _rows(call)


def is_short(text: str) -> bool:
    """Tell an answer from a solution in which an answer has to be found first."""
    return len(text) < _SHORT


def _rows(call: ast.Call) -> Iterator[tuple[str, str, bool]]:
    try:
        names, rows = ast.literal_eval(call.args[0]), ast.literal_eval(call.args[1])
    except ValueError:
        return
    columns = [name.strip() for name in names.split(",")] if isinstance(names, str) else []
    for row in rows if {"gold", "pred", "expected"} <= set(columns) else ():
        named = dict(zip(columns, row, strict=False))
        if named.get("strict", True) and not named.get("allow_set_relation_comp"):
            yield named["gold"], named["pred"], bool(named["expected"])
