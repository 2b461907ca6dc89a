"""The command of a job as a child process that ends with this one, however this one ends."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from vtc_r1.errors import VtcError
from vtc_r1.settings import Settings

_DEATH = 1  #: PR_SET_PDEATHSIG of Linux' prctl
_GRACE = 600.0  #: seconds that a command may take to store what it has, after an interrupt
_PREFIX = "VTC_"


class StepFailed(VtcError):
    """The command of a step failed; nothing that is finished is lost."""


def leaking() -> list[str]:
    """Return the environment variables that would change a solve although the study does not name them."""
    return sorted(name for name in os.environ if name.removeprefix(_PREFIX).lower() in _settings(name))


def _settings(name: str) -> set[str]:
    return set(Settings.model_fields) if name.startswith(_PREFIX) else set()


def run(
    words: Sequence[str], printed: Path, keep: Sequence[int], environment: Mapping[str, str] | None = None
) -> int:
    """Run a command to its end, its progress on standard error; return its exit code.

    Args:
        words: of the command.
        printed: file for what it prints on standard output.
        keep: descriptors that it inherits, such as those of locks.
        environment: variables of its own.

    An interrupt is passed on once and then re-raised, when the command has stored what it has.
    """
    with printed.open("wb") as out:
        child = start(words, out.fileno(), keep, environment)
        try:
            return child.wait()
        except KeyboardInterrupt:
            with suppress(ProcessLookupError):
                child.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                child.wait(_GRACE)
            raise
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()


def start(
    words: Sequence[str],
    out: int,
    keep: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
    err: int | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a command in a session of its own, so that an interrupt of the terminal reaches it once."""
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=tuple(keep),
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            preexec_fn=_dies_with_parent(),
        )
    except OSError as error:
        raise StepFailed(f"{words[0]} cannot be started ({error.strerror or error})") from error


def _dies_with_parent() -> Callable[[], None] | None:
    """Return a function that makes a child get SIGTERM when this process ends, even if killed; Linux only."""
    if sys.platform != "linux":
        return None
    library, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def prepare() -> None:
        library.prctl(_DEATH, signal.SIGTERM)
        if os.getppid() != parent:  # the parent has already ended
            os.kill(os.getpid(), signal.SIGTERM)

    return prepare
