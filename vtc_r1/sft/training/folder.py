"""The folder of a run, one recipe on one state of its data: its saves, and the finished checkpoint."""

import json
import re
import shutil
from pathlib import Path
from typing import Any, Self

from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import UNFINISHED, drop_unfinished, write_atomic
from vtc_r1.disk.lock import Lock
from vtc_r1.errors import UsageError
from vtc_r1.sft.differences import differences
from vtc_r1.sft.training.recipe import RunRecipe

_NOTE, _LOCK = "recipe.json", "lock"


class TrainingFolder:
    """Claims a folder for a run, or rejects it.

    Args:
        out: the folder.
        recipe: of the run.
        data: identity of each data set, by folder.
        is_main: whether this process writes; others only read.

    Attributes:
        work: where saves go.
        checkpoint: where the finished checkpoint is, or will be.

    Raises:
        UsageError: it holds something else, or a run of another recipe or on other data, or another
            process is training there.
        StorageError: it cannot be written.
    """

    def __init__(self, out: Path, recipe: RunRecipe, data: dict[str, str], *, is_main: bool) -> None:
        self.out, self.recipe, self.data, self.is_main = out, recipe, data, is_main
        self.work, self.checkpoint = out / "work", out / "checkpoint"
        self._lock: Lock | None = None

    @property
    def is_finished(self) -> bool:
        """Whether the checkpoint is there and complete."""
        return self.checkpoint.is_dir()

    def __enter__(self) -> Self:
        with writable(self.out):
            if self.is_main:
                self._claim()
        return self

    def __exit__(self, *error: object) -> None:
        if self._lock is not None:
            self._lock.close()

    def _claim(self) -> None:
        note = self.out / _NOTE
        if note.exists():
            self._compare(note)
        elif self.out.exists() and not (self.out.is_dir() and self._is_begun()):
            raise UsageError(f"{self.out}: is not empty and does not hold a run; choose another --out")
        self.work.mkdir(parents=True, exist_ok=True)
        taken = UsageError(f"{self.out}: another process is training there")
        self._lock = Lock(self.work / _LOCK, taken)
        drop_unfinished(self.out)
        values = {"recipe": self.recipe.model_dump(mode="json"), "data": self.data}
        write_atomic(note, (json.dumps(values, indent=2) + "\n").encode())
        drop_torn(self.work)

    def _is_begun(self) -> bool:
        """Whether there is nothing but what a run creates before its note."""
        made = {self.work, self.work / _LOCK}
        return all(path in made or path.match(UNFINISHED) for path in self.out.rglob("*"))

    def _compare(self, note: Path) -> None:
        """Raise UsageError if the run that is there is not this one."""
        try:
            found: dict[str, Any] = json.loads(note.read_bytes())
            recipe, data = type(self.recipe).model_validate(found["recipe"]), found["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{note}: was written by another version; choose another --out") from error
        if different := recipe.differences(self.recipe):
            raise UsageError(
                f"{self.out}: holds a run with another {', '.join(different)}; "
                "choose another --out or delete it"
            )
        if different := differences(data, self.data):
            raise UsageError(
                f"{self.out}: holds a run on another state of {', '.join(different)}; "
                "choose another --out or delete it"
            )


_WHOLE = "whole"  #: file that is written into a save after everything else
_NAME = re.compile(r"checkpoint-(\d+)")


def mark(folder: Path) -> None:
    """Mark a save as complete."""
    write_atomic(folder / _WHOLE, b"")


def last_save(work: Path) -> Path | None:
    """Return the latest complete save below `work`, None if there is none."""
    # By step: as a name, checkpoint-900 would come after checkpoint-1000.
    return max((path for path in saves(work) if (path / _WHOLE).exists()), key=step_of, default=None)


def drop_torn(work: Path) -> None:
    """Delete the saves that a killed run left unfinished."""
    for path in saves(work):
        if not (path / _WHOLE).exists():
            shutil.rmtree(path)


def step_of(save: Path) -> int:
    """Return the step after which a save was made."""
    found = _NAME.fullmatch(save.name)
    return int(found[1]) if found else 0


def saves(work: Path) -> list[Path]:
    """Return the saves below `work`, whole or not."""
    return [path for path in work.glob("checkpoint-*") if _NAME.fullmatch(path.name)]
