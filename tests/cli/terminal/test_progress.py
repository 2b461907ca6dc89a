"""Long jobs say how far they are: a bar that fits the terminal, lines where there is none."""

import io
import re
import subprocess
import threading
from pathlib import Path
from typing import Any

import pyte
import pytest
from rich.console import Console

from tests.cli.command import arguments, environment, on
from tests.conftest import Serve
from tests.loopback import Reply
from vtc_r1.cli.terminal import progress as module
from vtc_r1.cli.terminal.progress import JobProgress, ProgressDisplay, TimeEstimate

PAGE = ["--kinds", "digits", "--concurrency", "1", "--out", "out"]
PROBE = [
    "probe",
    "--profile",
    "default+width=256+height=256",
    "--scales",
    "1",
    "--pages",
    "4",
    "--tasks",
    "transcribe",
    *PAGE,
]
VARY = ["--vary", "width=256", "--vary", "height=256", "--vary", "font_size=8..12"]
TUNE = ["tune", *VARY, "--pages", "1", "--evaluations", "4", "--round", "2", *PAGE]


def spoken(words: list[str], folder: Path, until: str, release: threading.Event) -> list[str]:
    """Run a command without a terminal, let go once it said what is waited for; its lines of progress."""
    options: dict[str, Any] = {"cwd": folder, "env": environment(), "text": True, "encoding": "utf-8"}
    with subprocess.Popen(
        arguments(*words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options
    ) as running:
        assert running.stderr is not None
        lines = []
        for line in running.stderr:
            lines.append(line.rstrip("\n"))
            if re.search(until, line):
                release.set()
    release.set()
    return lines


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "until"),
    [(PROBE, r"^pages: [1-3] of 4 done, \d:\d\d left$"), (TUNE, r"^settings: \d of 4 done, .*\d:\d\d left$")],
    ids=["probe", "tune"],
)
def test_without_a_terminal_lines_say_how_far_it_is_and_how_long_it_takes(
    serve: Serve, tmp_path: Path, words: list[str], until: str
) -> None:
    release, asked = threading.Event(), []

    def reply(body: dict[str, Any]) -> Reply:
        asked.append(body)
        if len(asked) > 2:  # some pages are read by then
            release.wait(30)
        return Reply("12 34 56")

    lines = spoken([*words, *on(serve(reply))], tmp_path, until, release)
    assert any(re.search(until, line) for line in lines), lines
    assert not any("\x1b" in line or "\r" in line for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_bar_and_all_that_is_said_of_it_fit(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    file = Terminal()
    console = Console(file=file, force_terminal=True, width=width, height=20)
    monkeypatch.setattr(module, "Console", lambda **options: console)
    name = "math500 · decay:after=2,budget=2000"
    more = "75.0 % right · 3 failed · 1,838.9 solves/min · 2,476 tokens/s · 1:12:30 left"
    wait = "server away for 40 s, trying again"
    with ProgressDisplay(name, lambda: wait) as shown:
        shown.update(JobProgress(1_234, 12_345, more))
        shown._bar.refresh()
        written = file.getvalue()
    screen = pyte.Screen(width, 20)
    pyte.Stream(screen).feed(written.replace("\n", "\r\n"))
    lines = [line.rstrip() for line in screen.display if line.strip()]
    said = " · ".join(lines)
    assert "…" not in said and not any(line.endswith("·") or line.startswith(" ·") for line in lines)
    for part in (
        *more.split(" · "),
        *name.split(" · "),
        "1,234/12,345",
        "server away for 40 s, trying again",
    ):
        assert part in said, lines


def test_what_is_left_follows_from_what_was_done_here() -> None:
    now = [100.0]
    pace = TimeEstimate(lambda: now[0])
    assert pace.left(0, 10) is None
    now[0] = 130.0
    assert pace.left(3, 30) == "5:00 left"
    assert pace.left(3, 0) is None
