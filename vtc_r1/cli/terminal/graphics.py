"""Which pictures a terminal can show, by its environment or by its own word."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vtc_r1.cli.terminal.query import Reply, ask

CELL = (10, 20)
"""Width and height of a character in pixels, where nothing tells it and the terminal scales pictures."""
_SMALL_CELL = (6, 12)
"""The same where a picture is drawn pixel by pixel, and must not be higher than the rows kept for it."""
_QUESTION = b"\x1b[16t\x1b[c"
"""How large is a character, and what can you do; the second is answered by every terminal."""
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
_CELL_SIZE = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_NOTHING = {"", "dumb", "linux", "unknown"}
_MULTIPLEXERS = ("screen", "tmux")
_KITTY_TERMS = ("xterm-kitty", "xterm-ghostty")
_PROGRAMS = {"ghostty": "kitty", "iTerm.app": "iterm", "WezTerm": "iterm", "mintty": "iterm"}


class Pictures(StrEnum):
    """What `--pictures` takes."""

    AUTO = "auto"
    KITTY = "kitty"
    ITERM = "iterm"
    SIXEL = "sixel"
    NONE = "none"


@dataclass(frozen=True)
class Graphics:
    """How pictures get onto a terminal.

    Attributes:
        protocol: `kitty`, `iterm` or `sixel`; `none` where it shows none.
        cell: width and height of a character in pixels.
        asked: the terminal was asked; to be closed when nothing more is printed.
    """

    protocol: Pictures = Pictures.NONE
    cell: tuple[int, int] = CELL
    asked: Reply | None = None

    def close(self) -> None:
        """Give the terminal back as it was."""
        if self.asked is not None:
            self.asked.close()


PLAIN = Graphics()
"""No pictures."""


def graphics(wanted: Pictures, environ: Mapping[str, str], fd: int) -> Graphics:
    """Find out what the terminal behind `fd` shows; ask it only where its environment says nothing.

    Args:
        wanted: a protocol to use as it is; AUTO finds out.
        environ: the environment.
        fd: where the pictures would go.
    """
    if wanted is Pictures.AUTO:
        wanted, must_ask = _from_environment(environ)
    else:
        must_ask = False
    cell = _cell_of(fd)
    if not must_ask:
        return Graphics(wanted, cell or (_SMALL_CELL if wanted is Pictures.SIXEL else CELL))
    asked = ask(_QUESTION, _ATTRIBUTES)
    if asked is None:
        return PLAIN
    found = _ATTRIBUTES.search(asked.reply)
    sixel = found is not None and b"4" in found[1].split(b";")[1:]
    if size := _CELL_SIZE.search(asked.reply):
        cell = cell or _sound(int(size[2]), int(size[1]))
    return Graphics(Pictures.SIXEL if sixel else Pictures.NONE, cell or _SMALL_CELL, asked)


def _from_environment(environ: Mapping[str, str]) -> tuple[Pictures, bool]:
    """Return what the environment says, and whether the terminal must be asked."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if term in _NOTHING or program == "Apple_Terminal":
        return Pictures.NONE, False
    if term.startswith(_MULTIPLEXERS) or environ.get("TMUX") or environ.get("STY"):
        return Pictures.NONE, True
    if term in _KITTY_TERMS:
        return Pictures.KITTY, False
    if name := _PROGRAMS.get(program):
        return Pictures(name), False
    if environ.get("LC_TERMINAL") == "iTerm2":
        return Pictures.ITERM, False
    return Pictures.NONE, True


def _cell_of(fd: int) -> tuple[int, int] | None:
    """Return the size of a character as the kernel knows it."""
    try:
        import fcntl
        import struct
        import termios

        packed = fcntl.ioctl(fd, termios.TIOCGWINSZ, b"\0" * 8)
    except (ImportError, OSError):
        return None
    rows, columns, width, height = struct.unpack("HHHH", packed)
    return _sound(width // columns, height // rows) if rows and columns else None


def _sound(width: int, height: int) -> tuple[int, int] | None:
    """Return a size that a character can have, else None."""
    return (width, height) if 3 <= width <= 100 and 6 <= height <= 200 else None
