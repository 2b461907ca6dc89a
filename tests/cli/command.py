"""Running the real command in a process of its own."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.loopback import MODEL, Loopback

_WAITS = re.compile(r"^vtc-r1: (?:.*, \d+ s so far|loading torch and .*)$", re.MULTILINE)
"""What a command says after two seconds."""


@dataclass(frozen=True)
class Result:
    """What the command left."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line on standard error; fails where it is anything else.

        Lines that tell of a wait do not count: they come where the machine is busy.
        """
        said = [line for line in self.err.splitlines(keepends=True) if not _WAITS.search(line)]
        (line,) = said or [""]
        assert line.startswith("vtc-r1: ") and line.endswith("\n"), self.err
        assert "Traceback" not in self.err and self.out == ""
        return line.rstrip("\n")


def arguments(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "vtc_r1", *map(str, words)]


def environment(**more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("VTC_")}
    return {**ours, "COLUMNS": "100", "NO_COLOR": "1", **more}


def vtc(*words: str | Path, cwd: Path, stdin: str | bytes = "", **more: str) -> Result:
    """Run `vtc-r1` to its end."""
    given = stdin if isinstance(stdin, bytes) else stdin.encode()
    options: dict[str, Any] = {"cwd": cwd, "env": environment(**more), "input": given, "timeout": 240}
    done = subprocess.run(arguments(*words), capture_output=True, check=False, **options)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def vtc_each(commands: dict[str, list[str]], *, cwd: Path) -> dict[str, Result]:
    """Run several commands, two at a time; returns the results by their keys."""
    with ThreadPoolExecutor(2) as pool:
        return dict(
            zip(commands, pool.map(lambda words: vtc(*words, cwd=cwd), commands.values()), strict=True)
        )


def on(server: Loopback) -> list[str]:
    """The flags that name a server."""
    return ["--base-url", server.base_url, "--model", MODEL]
