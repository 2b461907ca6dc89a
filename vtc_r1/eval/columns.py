r"""Values in a row's columns, also nested ones such as `reward_model.ground_truth`; gold answer; choices.

Rules for the gold answer: `column`: the column as it is. `hashes`: the text after the last `####`, as in
GSM8K. `solution`: the last `\boxed{}` of a worked solution, or else its last line, as in AIME24.
"""

import hashlib
import random
import re
from collections.abc import Sequence
from math import isfinite
from string import ascii_uppercase
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


_LINE = re.compile(r"^[ \t>*-]*[(\[]?([A-Z])[).\]:]+[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_INLINE = re.compile(r"\(([A-Z])\)\s*(.*?)\s*(?=\([A-Z]\)|$)", re.DOTALL)
_FENCED = re.compile(r"[(\[]?([A-Za-z])[)\].]*")


def shuffled(question: str, right: str, wrong: Sequence[str], seed: int) -> tuple[tuple[str, ...], str]:
    """Shuffle the choices of `question`; return them and the letter of the right one.

    The order depends on the seed and the question's text alone, so that neither other rows nor a
    limit on their number changes it.
    """
    digest = hashlib.sha256(f"{seed}:{question}".encode("utf-8", "replace")).digest()
    choices = [right, *wrong]
    order = sorted(range(len(choices)))
    random.Random(int.from_bytes(digest)).shuffle(order)
    return tuple(choices[at] for at in order), ascii_uppercase[order.index(0)]


def with_choices(question: str, choices: Sequence[str]) -> str:
    """Append lettered choices to a question, and the instruction to answer with a letter."""
    lettered = "\n".join(
        f"{letter}) {choice}" for letter, choice in zip(ascii_uppercase, choices, strict=False)
    )
    return with_instruction(f"{question}\n\n{lettered}")


def with_instruction(question: str) -> str:
    """Append the instruction to answer with a letter to a question that includes its choices."""
    return f"{question}\n\nGive only the letter of the right choice as the final answer."


def listed(found: Any) -> tuple[str, ...] | None:
    """Read the choices in a column: a list, or an object with a list under `text`; otherwise None."""
    if isinstance(found, dict):
        found = found.get("text")
    if not isinstance(found, (list, tuple)) or any(isinstance(one, (dict, list)) for one in found):
        return None
    return tuple(str(one).strip() for one in found if one is not None)


def inside(question: str) -> tuple[str, ...]:
    """Find the last run of lettered choices A, B, … in a question; empty if there are fewer than two."""
    for pattern in (_LINE, _INLINE):
        found: list[str] = []
        for match in pattern.finditer(question):
            if match[1] == "A":
                found = []
            if match[1] == ascii_uppercase[len(found)]:
                found.append(match[2].strip())
        if len(found) > 1:
            return tuple(found)
    return ()


def right_letter(gold: Any, choices: Sequence[str]) -> str | None:
    """Return the letter of a gold answer given as a letter, an index from 0, or the text of a choice.

    None if it is none of these.
    """
    known = ascii_uppercase[: len(choices) or None]
    if isinstance(gold, int) and not isinstance(gold, bool):
        return known[gold] if choices and 0 <= gold < len(choices) else None
    written = str(gold).strip()
    if (fenced := _FENCED.fullmatch(written)) and fenced[1].upper() in known:
        return fenced[1].upper()
    same = [at for at, choice in enumerate(choices) if choice.strip() == written]
    return known[same[0]] if len(same) == 1 else None
