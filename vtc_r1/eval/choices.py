"""The choices of a question: in an order that is the question's own, in columns, or in its text."""

import hashlib
import random
import re
from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

_LINE = re.compile(r"^[ \t>*-]*[(\[]?([A-Z])[).\]:]+[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_INLINE = re.compile(r"\(([A-Z])\)\s*(.*?)\s*(?=\([A-Z]\)|$)", re.DOTALL)
_FENCED = re.compile(r"[(\[]?([A-Za-z])[)\].]*")


def shuffled(question: str, right: str, wrong: Sequence[str], seed: int) -> tuple[tuple[str, ...], str]:
    """Order the choices of `question`; return them and the letter of the right one.

    The order hangs on the seed and the question's text alone, so neither the rows around it nor a
    limit on them change it.
    """
    digest = hashlib.sha256(f"{seed}:{question}".encode("utf-8", "replace")).digest()
    choices = [right, *wrong]
    order = sorted(range(len(choices)))
    random.Random(int.from_bytes(digest)).shuffle(order)
    return tuple(choices[at] for at in order), ascii_uppercase[order.index(0)]


def with_choices(question: str, choices: Sequence[str]) -> str:
    """Write the question with its lettered choices below, and what to answer with."""
    lettered = "\n".join(
        f"{letter}) {choice}" for letter, choice in zip(ascii_uppercase, choices, strict=False)
    )
    return asking(f"{question}\n\n{lettered}")


def asking(question: str) -> str:
    """Write a question that has its choices in it, and what to answer with."""
    return f"{question}\n\nGive only the letter of the right choice as the final answer."


def listed(found: Any) -> tuple[str, ...] | None:
    """Read the choices that a column holds: a list, or an object with a list under `text`; else None."""
    if isinstance(found, dict):
        found = found.get("text")
    if not isinstance(found, (list, tuple)) or any(isinstance(one, (dict, list)) for one in found):
        return None
    return tuple(str(one).strip() for one in found if one is not None)


def inside(question: str) -> tuple[str, ...]:
    """Find lettered choices in the text of a question, the last A, B, … of it; none where not two."""
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
    """Return the letter that a gold answer is: a letter, a place counted from 0, or a choice's own text.

    None where it is none of them.
    """
    known = ascii_uppercase[: len(choices) or None]
    if isinstance(gold, int) and not isinstance(gold, bool):
        return known[gold] if choices and 0 <= gold < len(choices) else None
    said = str(gold).strip()
    if (fenced := _FENCED.fullmatch(said)) and fenced[1].upper() in known:
        return fenced[1].upper()
    same = [at for at, choice in enumerate(choices) if choice.strip() == said]
    return known[same[0]] if len(same) == 1 else None
