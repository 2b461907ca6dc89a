r"""Values in the columns of a row, also nested ones such as `reward_model.ground_truth`; the gold answer.

Rules for the gold answer: `column`: the column as it is. `hashes`: the text after the last `####`, as in
GSM8K. `solution`: the last `\boxed{}` of a worked solution, or else its last line, as in AIME24.
"""

from math import isfinite
from typing import Any, Literal

from vtc_r1.answers import boxed
from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.rows import Row

_FLAGGED = ("question", "answer", "id")
_LONGEST = 60
_ABSENT = object()


def column(row: Row, names: str | tuple[str, ...], where: str, kind: str) -> str:
    """Return the first of `names` that the row has; raises BenchmarkError naming the columns it has."""
    wanted = (names,) if isinstance(names, str) else names
    found = next((name for name in wanted if has(row, name)), None)
    if found is None:
        flag = f" (--{kind}-field)" if kind in _FLAGGED else ""
        raise BenchmarkError(
            f"{where}: no column {' or '.join(map(repr, wanted))} for the {kind}; "
            f"its columns are {', '.join(map(repr, row))}: name the right one{flag}"
        )
    return found


def has(row: Row, name: str) -> bool:
    """Tell whether the row has a column, or a part of one, by that name."""
    return _found(row, name) is not _ABSENT


def value(row: Row, name: str) -> Any:
    """Return the value of a column, or of a part of one; raises KeyError."""
    found = _found(row, name)
    if found is _ABSENT:
        raise KeyError(name)
    return found


def text(row: Row, name: str, where: str, kind: str) -> str:
    """Return the text or number in a column as a string; empty if the value is null.

    Raises BenchmarkError for an object or a list, suggesting a part of it.
    """
    found = value(row, name)
    if isinstance(found, (dict, list)):
        raise BenchmarkError(nested(found, name, where, kind))
    return "" if found is None else str(found)


def nested(found: Any, name: str, where: str, kind: str) -> str:
    """Return the error message for a column that holds an object or a list; it suggests a part."""
    flag = f"--{kind}-field" if kind in _FLAGGED else f"fields.{kind}"
    part = _leaf(found)
    hint = f"{flag} {name}.{part}" if part else flag
    held = _described(found)
    return f"{where}: column {name!r} holds {held}, not a plain {kind}: name a part of it, such as {hint}"


def _found(row: Row, name: str) -> Any:
    """Look a name up as a column, then as a path through objects and lists."""
    if name in row:
        return row[name]
    found: Any = row
    for part in name.split("."):
        if isinstance(found, dict) and part in found:
            found = found[part]
        elif (
            isinstance(found, list)
            and part.removeprefix("-").isdecimal()
            and -len(found) <= int(part) < len(found)
        ):
            found = found[int(part)]
        else:
            return _ABSENT
    return found


def _described(found: Any) -> str:
    if isinstance(found, dict):
        return f"an object with {', '.join(map(repr, found)) or 'nothing in it'}"[:_LONGEST]
    if found and all(isinstance(one, dict) and "role" in one for one in found):
        return f"a conversation of {len(found)} message{'' if len(found) == 1 else 's'}"
    inside = sorted({type(one).__name__ for one in found})
    return f"a list of {len(found)} ({', '.join(inside) or 'empty'})"


def _leaf(found: Any) -> str | None:
    """Return the path to the most likely part: the last user message, a ground truth, any text."""
    if isinstance(found, list):
        asked = [at for at, one in enumerate(found) if isinstance(one, dict) and one.get("role") == "user"]
        for at in (*asked[::-1], *range(len(found))):
            if (part := _inside(found[at], str(at))) is not None:
                return part
        return None
    names = sorted(found, key=lambda one: one not in ("content", "ground_truth", "answer", "text", "value"))
    return next((part for name in names if (part := _inside(found[name], name)) is not None), None)


def _inside(found: Any, name: str) -> str | None:
    if isinstance(found, (dict, list)):
        deeper = _leaf(found)
        return None if deeper is None else f"{name}.{deeper}"
    return None if found is None else name


Gold = Literal["column", "hashes", "solution"]


def gold_answer(value: Any, rule: Gold) -> str:
    """Return the gold answer in `value`, an empty string if there is none.

    A float with an integer value is written as an integer.
    """
    if value is None or isinstance(value, bool) or (isinstance(value, float) and not isfinite(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if rule == "hashes":
        _, mark, after = text.rpartition("####")
        return after.strip() if mark else ""
    if rule == "solution":
        return boxed(text) or text.rpartition("\n")[2].strip()
    return text
