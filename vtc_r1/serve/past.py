"""Solves of earlier days, as they were stored."""

import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.errors import StorageError
from vtc_r1.storage import load_trace
from vtc_r1.trace import Trace

log = logging.getLogger(__name__)
NAME = re.compile(r"[0-9a-f]{32}")
_MOST = 500
OWNER = "owner"
"""File beside a trace that says whose it is."""


@dataclass(frozen=True)
class Kept:
    """A stored solve, in a line.

    Attributes:
        name: what it goes by.
        owner: whose key asked for it.
        question: what was asked.
        status: how it ended.
        exhausted: budget that ran out, None where none did.
        answer: what came of it, None where nothing did.
        began: seconds since the epoch.
    """

    name: str
    owner: str
    question: str
    status: str
    answer: str | None
    began: float
    exhausted: str | None = None


def kept(folder: Path) -> list[Kept]:
    """List the newest stored solves in a folder, the newest first; what cannot be read is left out."""
    found = [path for path in folder.glob("*/trace.json") if NAME.fullmatch(path.parent.name)]
    dated = sorted(((path.stat().st_mtime, path) for path in found), reverse=True)
    return [line for began, path in dated[:_MOST] if (line := _line(path, began)) is not None]


def stored(folder: Path, name: str) -> Trace | None:
    """Read a stored solve with its pages; None where there is none that can be read."""
    if not NAME.fullmatch(name) or not (folder / name / "trace.json").is_file():
        return None
    try:
        return load_trace(folder / name)
    except StorageError as error:
        log.error("%s", error)
        return None


def _line(path: Path, began: float) -> Kept | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        owner = path.with_name(OWNER)
        whose = owner.read_text(encoding="utf-8") if owner.is_file() else ""
        question, status, answer = values["question"], values["status"], values.get("answer")
        exhausted = values.get("exhausted")
    except (OSError, ValueError, RecursionError, KeyError, AttributeError, TypeError) as error:
        log.error("%s: cannot be read (%s)", path, error)
        return None
    named = all(isinstance(word, str | None) for word in (answer, exhausted))
    sound = isinstance(question, str) and isinstance(status, str) and named
    return Kept(path.parent.name, whose, question, status, answer, began, exhausted) if sound else None
