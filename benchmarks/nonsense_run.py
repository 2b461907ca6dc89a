"""Runs one command line in a fork of this process: real standard streams, a folder of its own, limits."""

import io
import os
import resource
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from nonsense_cases import Case

TIMEOUT = 60.0
"""Seconds after which a command line hangs."""
MEMORY = 3 << 30
"""Most bytes of address space beyond what the modules take."""
STREAMS = ("stdin", "stdout", "stderr")


@dataclass(frozen=True)
class Ended:
    """How a command line ended: its exit code, None where it hung, and what it printed."""

    code: int | None
    out: bytes
    err: str


def run(case: Case, folder: Path, timeout: float = TIMEOUT) -> Ended:
    """Run a command line to its end, in a folder."""
    sys.stdout.flush()
    sys.stderr.flush()
    pipes = [os.pipe() for _ in STREAMS]
    child = os.fork()
    if child == 0:
        _become(case, folder, [pipes[0][0], pipes[1][1], pipes[2][1]])
    for end in (pipes[0][0], pipes[1][1], pipes[2][1]):
        os.close(end)
    with suppress(BrokenPipeError):
        os.write(pipes[0][1], case.stdin)
    os.close(pipes[0][1])
    reading = [pipes[1][0], pipes[2][0]]
    if case.streams.get("stdout") == "left":
        os.close(reading.pop(0))
    try:
        return _watched(child, reading, timeout)
    finally:
        for end in reading:
            os.close(end)


def _watched(child: int, reading: list[int], timeout: float) -> Ended:
    """Read what a child prints until it ends, or is killed."""
    for end in reading:
        os.set_blocking(end, False)
    printed, deadline, code = [bytearray() for _ in reading], time.monotonic() + timeout, None
    while code is None and time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        code = os.waitstatus_to_exitcode(status) if ended else None
        for end, kept in zip(reading, printed, strict=True):
            with suppress(BlockingIOError):
                while piece := os.read(end, 65_536):
                    kept += piece
        if code is None:
            time.sleep(0.005)
    if code is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    out = bytes(printed[0]) if len(printed) > 1 else b""
    return Ended(code, out, printed[-1].decode("utf-8", "replace"))


def _become(case: Case, folder: Path, ends: list[int]) -> NoReturn:
    """Be the command line."""
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(folder)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY,) * 2)
        if case.largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (case.largest,) * 2)
        for number, (name, end) in enumerate(zip(STREAMS, ends, strict=True)):
            os.dup2(end, number)
            if case.streams.get(name) == "full":
                os.dup2(os.open("/dev/full", os.O_WRONLY), number)
        os.closerange(3, 1_024)
        _reopen(case)
        os.environ.update(case.environment)
        sys.argv = ["vtc-r1", *case.words]
        from vtc_r1.__main__ import main

        try:
            main()
            code = 0
        except SystemExit as done:
            code = done.code if isinstance(done.code, int) else int(bool(done.code))
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BaseException:
        os.write(ends[2], traceback.format_exc().encode("utf-8", "replace"))
        with suppress(OSError):
            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _reopen(case: Case) -> None:
    """Give this process the streams that Python would have opened on its descriptors."""
    for number, name in enumerate(STREAMS):
        stream: io.TextIOWrapper | None = None
        if case.streams.get(name) == "closed":
            os.close(number)
        else:
            raw = io.FileIO(number, "w" if number else "r", closefd=False)
            buffer = io.BufferedWriter(raw) if number else io.BufferedReader(raw)
            errors = "backslashreplace" if number == 2 else "strict"
            encoding = case.streams.get("encoding", "utf-8")
            stream = io.TextIOWrapper(buffer, encoding, errors, line_buffering=number == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
