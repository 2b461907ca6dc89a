"""The cases of math-verify's own tests: gold, prediction, and whether they should be one. Read, never run."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_WORD = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}")


def cases(folder: Path) -> Iterator[tuple[str, str, bool]]:
    """Yield gold, prediction and expectation of every parametrised test that names these three."""
    for path in sorted(folder.glob("test_*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("parametrize"):
                yield from _rows(call)


def is_formula(text: str) -> bool:
    """Tell a formula, or a box around one, from prose in which an answer has to be found first."""
    return text.count("$") <= 2 and (len(_WORD.findall(text)) <= 2 or text.strip().startswith("\\boxed"))


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
