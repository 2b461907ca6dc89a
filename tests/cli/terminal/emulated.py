"""A terminal in which the real command runs: a pty, and what stands on its screen afterwards."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyte

from tests.cli.command import arguments, environment

PLAIN = b"\x1b[?62;22c"
"""What a terminal without pictures replies when it is asked what it can do."""
_LAUNCH = (
    "import fcntl, os, sys, termios; "
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
_PICTURES = re.compile(rb"\x1b_G.*?\x1b\\|\x1bP.*?\x1b\\|\x1b\]1337;.*?\x07", re.DOTALL)
_LONGEST = 120.0

Keys = Callable[[bytes], bytes | None]
"""Gives what the user types, once, from what was printed so far; None for not yet."""


@dataclass(frozen=True)
class Shown:
    """What the command left.

    Attributes:
        code: its exit code.
        raw: every byte that it wrote.
        screen: lines of the screen in the end, and of what scrolled off it, without those that are empty.
        cursor_hidden: the cursor cannot be seen.
        restored: the terminal is set up as it was before.
        waiting: input that nobody has read.
    """

    code: int
    raw: bytes
    screen: list[str]
    cursor_hidden: bool
    restored: bool
    waiting: bytes

    @property
    def pictures(self) -> list[bytes]:
        return _PICTURES.findall(self.raw)

    @property
    def text(self) -> str:
        return "\n".join(self.screen)


def on_terminal(
    *words: str | Path,
    cwd: Path,
    size: tuple[int, int] = (30, 80),
    cell: tuple[int, int] = (0, 0),
    reply: bytes | None = PLAIN,
    keys: Keys = lambda _: None,
    **more: str,
) -> Shown:
    """Run `vtc-r1` with a terminal of `size` rows and columns as all of its standard files.

    Args:
        words: its arguments.
        cwd: its working directory.
        size: rows and columns.
        cell: width and height of a character, as the kernel knows it.
        reply: what the terminal replies to `CSI c`; None for nothing.
        keys: what the user types.
        more: environment variables.
    """
    ours = {
        name: value for name, value in environment().items() if name not in ("COLUMNS", "LINES", "NO_COLOR")
    }
    ours = {name: value for name, value in ours.items() if not name.startswith(("TERM", "LC_TERM", "TMUX"))}
    control, terminal = pty.openpty()
    rows, columns = size
    packed = struct.pack("HHHH", rows, columns, columns * cell[0], rows * cell[1])
    fcntl.ioctl(control, termios.TIOCSWINSZ, packed)
    before = termios.tcgetattr(terminal)
    options: dict[str, Any] = {"cwd": cwd, "env": {**ours, "TERM": "xterm-256color", **more}}
    options |= dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
    command = [sys.executable, "-I", "-S", "-c", _LAUNCH, *arguments(*words)]
    try:
        with subprocess.Popen(command, start_new_session=True, **options) as running:
            raw = _converse(running, control, reply, keys)
            code = running.wait(_LONGEST)
        restored = termios.tcgetattr(terminal) == before
        raw += _read(control, 0.1)
        waiting = _read(terminal, 0.0) if _make_raw(terminal) else b""
    finally:
        os.close(control)
        os.close(terminal)
    screen = pyte.HistoryScreen(columns, rows, history=5_000, ratio=0.5)
    pyte.ByteStream(screen).feed(_PICTURES.sub(b"", raw))
    lines = ["".join(row[at].data for at in range(columns)).rstrip() for row in screen.history.top]
    lines += [line.rstrip() for line in screen.display]
    return Shown(code, raw, [line for line in lines if line], screen.cursor.hidden, restored, waiting)


def _converse(running: "subprocess.Popen[bytes]", control: int, reply: bytes | None, keys: Keys) -> bytes:
    """Read what it writes, reply as a terminal does, and type, until it ends."""
    raw, replied, typed, deadline = b"", False, False, time.monotonic() + _LONGEST
    while running.poll() is None and time.monotonic() < deadline:
        raw += _read(control, 0.05)
        if reply is not None and not replied and b"\x1b[c" in raw:
            os.write(control, reply)
            replied = True
        if not typed and (text := keys(raw)) is not None:
            os.write(control, text)
            typed = True
    return raw + _read(control, 0.1)


def _make_raw(terminal: int) -> bool:
    """Let what waits be read without a line end."""
    mode = termios.tcgetattr(terminal)
    mode[3] &= ~(termios.ICANON | termios.ECHO)
    mode[6][termios.VMIN] = mode[6][termios.VTIME] = 0
    termios.tcsetattr(terminal, termios.TCSANOW, mode)
    return True


def _read(fd: int, seconds: float) -> bytes:
    """Read what is there within some time."""
    found = b""
    while select.select([fd], [], [], seconds)[0]:
        try:
            piece = os.read(fd, 65_536)
        except OSError:
            break
        if not piece:
            break
        found += piece
        seconds = 0.0
    return found
