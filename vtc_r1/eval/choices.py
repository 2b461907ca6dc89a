"""The choices of a question: shuffled, read from columns, or found in its text."""

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
