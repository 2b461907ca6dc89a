"""Saves of a run: which of them are whole."""

import re
import shutil
from pathlib import Path

from vtc_r1.disk.whole import write_whole

_WHOLE = "whole"
"""File that is written into a save after everything else."""
_NAME = re.compile(r"checkpoint-(\d+)")


def mark(folder: Path) -> None:
    """Say that a save is whole."""
    write_whole(folder / _WHOLE, b"")


def last_save(work: Path) -> Path | None:
    """Return the latest whole save below `work`, None where there is none."""
    return max((path for path in _saves(work) if (path / _WHOLE).exists()), key=step_of, default=None)


def drop_torn(work: Path) -> None:
    """Delete the saves that a killed run left unfinished."""
    for path in _saves(work):
        if not (path / _WHOLE).exists():
            shutil.rmtree(path)


def step_of(save: Path) -> int:
    """Return the step after which a save was made."""
    found = _NAME.fullmatch(save.name)
    return int(found[1]) if found else 0


def _saves(work: Path) -> list[Path]:
    return [path for path in work.glob("checkpoint-*") if _NAME.fullmatch(path.name)]
