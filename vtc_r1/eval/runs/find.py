"""Run folders under given folders."""

from collections.abc import Iterable
from pathlib import Path

from vtc_r1.errors import Unreadable
from vtc_r1.eval.runs.folder import RUN, RunFolder


def find_runs(paths: Iterable[Path]) -> list[RunFolder]:
    """Find the runs in `paths`: each a run's folder, a benchmark's, or the folder of many.

    Returns:
        Them in the order of the paths, those below one path by name; none twice.

    Raises:
        Unreadable: there is none in one of the paths.
    """
    found: dict[Path, RunFolder] = {}
    for path in paths:
        below = sorted(file for depth in ("", "*/", "*/*/", "*/*/*/") for file in path.glob(depth + RUN))
        if not below:
            what = "holds no run" if path.is_dir() else "is no folder"
            raise Unreadable(f"{path}: {what}; give a folder that vtc-r1 eval --out wrote")
        for file in below:
            found.setdefault(file.parent.resolve(), RunFolder(file.parent))
    return list(found.values())
