"""Asking the terminal something, and waiting a moment for its reply."""

import os
import select
import time
from contextlib import suppress
from dataclasses import dataclass
from re import Pattern
from typing import Any

WAIT = 0.3  #: maximum seconds that a reply is waited for
_LONGEST = 4_096


@dataclass
class Reply:
    """A terminal that was asked."""

    reply: bytes  #: what it said
    terminal: int | None  #: its file descriptor; None once it is closed
    before: list[Any]  #: how it was set up
    #: its reply may still come. Until then it must not echo what comes in, and whatever is there in the end
    #: is thrown away, so that no reply stands on the screen or in the next command line
    owed: bool

    def close(self) -> None:
        """Give the terminal back as it was."""
        import termios

        if self.terminal is None:
            return
        with suppress(OSError, termios.error):
            when = termios.TCSAFLUSH if self.owed else termios.TCSADRAIN
            termios.tcsetattr(self.terminal, when, self.before)
        os.close(self.terminal)
        self.terminal = None


def ask(question: bytes, answer: Pattern[bytes], wait: float = WAIT) -> Reply | None:
    """Write `question` to the controlling terminal and wait for what matches `answer`.

    Returns None where there is no terminal to ask: none at all, or this process runs in its background.
    """
    try:
        import termios
        import tty

        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except (ImportError, OSError):
        return None
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():
            raise OSError("in the background")
        before = termios.tcgetattr(terminal)
    except (OSError, termios.error):
        os.close(terminal)
        return None
    asked = Reply(b"", terminal, before, owed=True)
    try:
        tty.setcbreak(terminal, termios.TCSADRAIN)
        os.write(terminal, question)
        asked.reply = _reply(terminal, answer, wait)
        asked.owed = answer.search(asked.reply) is None
        if not asked.owed:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
    except (OSError, termios.error):
        asked.close()
        return None
    except BaseException:
        asked.close()
        raise
    return asked


def _reply(terminal: int, answer: Pattern[bytes], wait: float) -> bytes:
    reply, deadline = b"", time.monotonic() + wait
    while answer.search(reply) is None and len(reply) < _LONGEST:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            break
        if not (piece := os.read(terminal, 1_024)):
            break
        reply += piece
    return reply
