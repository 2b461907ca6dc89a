"""Kills a job at each of its writes in turn, and lets it go on: `python -m tests.kills MODULE:JOB FOLDER`.

JOB is called with a folder of its own. For every file that it opens for writing, renames or removes and
every folder that it makes, a child is killed with SIGKILL just before; the same job must then come to the
files of one that was never killed. Prints how many kills there were.
"""

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vtc_r1.disk.atomic import UNFINISHED

Job = Callable[[Path], object]
_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}
_WRITING = os.O_WRONLY | os.O_RDWR


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    job, folder = getattr(importlib.import_module(module), name), Path(sys.argv[2])
    whole = _fresh(folder / "whole")
    assert _child(job, whole) == 0, "the job fails without being killed"
    expected, kills = contents(whole), 0
    while True:
        place = _fresh(folder / str(kills))
        if _child(job, place, kills) != -signal.SIGKILL:
            break
        assert _child(job, place) == 0, f"does not go on after a kill before write {kills}"
        assert contents(place) == expected, f"comes to something else after a kill before write {kills}"
        kills += 1
    print(kills)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file by its path, without those left unfinished, which nothing reads."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.match(UNFINISHED)]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _fresh(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _child(job: Job, folder: Path, writes: int | None = None) -> int:
    """Run the job in a child, killed before it writes once more than `writes` times; return its exit code."""
    pid = os.fork()
    if not pid:
        try:
            if writes is not None:
                _kill_after(writes)
            job(folder)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _kill_after(writes: int) -> None:
    left = writes

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in _CHANGES or (event == "open" and arguments[2] & _WRITING):
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    sys.addaudithook(hook)


if __name__ == "__main__":
    main()
