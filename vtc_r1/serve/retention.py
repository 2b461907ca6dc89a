"""How many stored solves are kept, and which are removed."""

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.errors import UsageError

NAME = re.compile(r"[0-9a-f]{32}")
_FORM = re.compile(r"([1-9][0-9]{0,8})(d?)")
_DAY = 86_400.0


@dataclass(frozen=True)
class Retention:
    """What is kept: the newest `count` solves, or those of the last `seconds`; all if both are None."""

    count: int | None = None
    seconds: float | None = None

    def outdated(self, folder: Path) -> list[Path]:
        """Return the folders of solves that are not kept, also of those that were never complete."""
        dated = sorted(((_date(path), path) for path in solves(folder)), reverse=True)
        kept = dated[: self.count]
        if self.seconds is not None:
            since = time.time() - self.seconds
            kept = [each for each in kept if each[0] >= since]
        return [path for _, path in dated[len(kept) :]]


def retention(text: str | None) -> Retention:
    """Read `--keep`: a number of solves, or of days as `30d`; raises UsageError."""
    if text is None:
        return Retention()
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--keep {text}: is no number of solves, such as 1000, or of days, such as 30d")
    number = int(found[1])
    return Retention(seconds=number * _DAY) if found[2] else Retention(count=number)


def solves(folder: Path) -> list[Path]:
    """Return the folders of the stored solves in a folder."""
    return [path for path in folder.iterdir() if NAME.fullmatch(path.name)] if folder.is_dir() else []


def remove(path: Path) -> None:
    """Remove a stored solve, its trace first, so that it is never there without its pages; raises OSError."""
    (path / "trace.json").unlink(missing_ok=True)
    shutil.rmtree(path)


def _date(path: Path) -> float:
    trace = path / "trace.json"
    try:
        return (trace if trace.exists() else path).stat().st_mtime
    except OSError:
        return 0.0
