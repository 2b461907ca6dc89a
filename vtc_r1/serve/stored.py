"""Stored solves of earlier runs of the server."""

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
"""Name of the file beside a trace that names its owner."""


@dataclass(frozen=True)
class StoredSolve:
    """A stored solve, as the list of solves shows it.

    Attributes:
        name: id of the solve.
        owner: owner of the API key that began it.
        question: the question.
        status: how it ended.
        exhausted: budget that ran out, None if none did.
        answer: the answer, None without one.
        began: seconds since the epoch.
    """

    name: str
    owner: str
    question: str
    status: str
    answer: str | None
    began: float
    exhausted: str | None = None


def listed(folder: Path) -> list[StoredSolve]:
    """List the newest stored solves in a folder, newest first; unreadable ones are logged and left out."""
    found = [path for path in folder.glob("*/trace.json") if NAME.fullmatch(path.parent.name)]
    dated = sorted(((path.stat().st_mtime, path) for path in found), reverse=True)
    return [line for began, path in dated[:_MOST] if (line := _line(path, began)) is not None]


def load(folder: Path, name: str) -> Trace | None:
    """Load a stored solve with its pages; None if there is none, or it is unreadable."""
    if not NAME.fullmatch(name) or not (folder / name / "trace.json").is_file():
        return None
    try:
        return load_trace(folder / name)
    except StorageError as error:
        log.error("%s", error)
        return None


def _line(path: Path, began: float) -> StoredSolve | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        owner = path.with_name(OWNER)
        whose = owner.read_text(encoding="utf-8") if owner.is_file() else ""
        question, status, answer = values["question"], values["status"], values.get("answer")
        exhausted = values.get("exhausted")
    except (OSError, ValueError, RecursionError, KeyError, AttributeError, TypeError) as error:
        log.error("%s: cannot be read (%s)", path, error)
        return None
    optional = all(isinstance(text, str | None) for text in (answer, exhausted))
    valid = isinstance(question, str) and isinstance(status, str) and optional
    return StoredSolve(path.parent.name, whose, question, status, answer, began, exhausted) if valid else None
