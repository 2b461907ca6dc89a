"""Launching: start the server, wait until it is ready, pass signals on, leave no process behind."""

import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Self

from vtc_r1.backends.wire.server import Server
from vtc_r1.errors import BackendError, LaunchError, UsageError
from vtc_r1.sglang.command import Command
from vtc_r1.sglang.process import Child

INTERRUPTED = 130
_POLL, _ANSWER = 0.2, 5.0
_BACKOFF, _LONGEST_POLL = 1.3, 3.0
"""Factor by which the pause between two readiness checks grows, and its limit in seconds."""
_HANGUP = getattr(signal, "SIGHUP", None)
_FIRST_STATUS, _STATUS_INTERVAL = 10.0, 30.0
"""Seconds before the first line that the server is not ready yet, and between two such lines."""
_REMEDIES = (
    ("out of memory", "lower --mem-fraction or --context-length, or raise --tp"),
    ("not enough memory", "raise --mem-fraction, or lower --context-length"),
    ("address already in use", "choose another --port"),
    ("unrecognized arguments", "this version of SGLang lacks a flag; see the versions in docs/sglang.md"),
    ("longer than the derived", "lower --context-length"),
    ("greater than the derived", "lower --context-length"),
    ("is not a local folder and is not a valid model identifier", "check the model's name"),
    ("gated repo", "set HF_TOKEN to a token that may read the model"),
    ("no accelerator", "SGLang finds no GPU; run it on a machine that has one"),
    ("no nvidia driver", "SGLang finds no GPU; run it on a machine that has one"),
)
"""Symptoms in a log, in lower case, and what to do about each."""


@dataclass(frozen=True)
class Served:
    """What a ready server serves; `context_length` is None if only the router's workers know it."""

    model: str
    context_length: int | None
    base_url: str
    pid: int


class Interrupts:
    """Records the first SIGINT, SIGTERM or SIGHUP, calls `on_second` on the next; restores the handlers."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.on_second: Callable[[], None] = lambda: None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        signals = [signal.SIGINT, signal.SIGTERM]
        if _HANGUP is not None and signal.getsignal(_HANGUP) is not signal.SIG_IGN:  # ignored under nohup
            signals.append(_HANGUP)
        self._before = {number: signal.signal(number, self._record) for number in signals}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _record(self, number: int, frame: FrameType | None) -> None:
        if self.first is None:
            self.first = number
        else:
            self.on_second()


def launch(
    command: Command,
    python: str,
    *,
    timeout: float,
    grace: float,
    ready: Callable[[Served], None],
    report: Callable[[str], None] = lambda line: None,
) -> int:
    """Run the server until it ends or is interrupted; return the exit code of `vtc-r1 launch`.

    Args:
        command: what to start.
        python: interpreter that has SGLang.
        timeout: seconds within which it must be ready.
        grace: seconds that it has to end after a signal; a second signal ends it at once.
        ready: called once it is ready.
        report: called with a status line from time to time.

    Raises:
        UsageError: the port is taken.
        LaunchError: it exited by itself, or was not ready in time.
    """
    _require_free(command)
    with Interrupts() as interrupts:
        child = Child(command.words(python))
        interrupts.on_second = child.kill
        try:
            served = _await_ready(command, child, interrupts, timeout, report)
            if served is not None:
                ready(served)
            while interrupts.first is None and child.wait(_POLL) is None:
                pass
            if interrupts.first is None and child.code != 0:
                raise _ended(child, "while serving")
        finally:
            if child.code is None:
                report(f"the server has {grace:g} s to end; a second signal ends it at once")
            child.stop(interrupts.first or signal.SIGTERM, grace)
    return INTERRUPTED if interrupts.first is not None else 0


def _await_ready(
    command: Command, child: Child, interrupts: Interrupts, timeout: float, report: Callable[[str], None]
) -> Served | None:
    """Return what is served as soon as the server is ready, None if it is interrupted before."""
    began, report_at = time.monotonic(), _FIRST_STATUS
    server = Server(command.base_url, key=command.api_key, timeout=_ANSWER)
    deadline, pause, check_at = time.monotonic() + timeout, _POLL, 0.0
    while interrupts.first is None:
        if child.wait(_POLL) is not None:
            raise _ended(child, "before it was ready")
        now = time.monotonic()
        if now - began >= report_at:
            report_at = now - began + _STATUS_INTERVAL
            report(f"{command.base_url} is not ready yet ({now - began:.0f} of {timeout:g} s)")
        if now >= min(check_at, deadline):
            if (served := _served(command, server, child)) is not None:
                return served
            pause = min(_LONGEST_POLL, pause * _BACKOFF)
            check_at = now + pause
        if now > deadline:
            raise LaunchError(
                f"{command.base_url} was not ready within {timeout:g} s; a large model takes longer to load: "
                f"raise --timeout; {_log_tail(child)}"
            )
    return None


def _served(command: Command, server: Server, child: Child) -> Served | None:
    try:
        answer = server.get("/models")
    except BackendError:
        return None
    if answer.status in (401, 403):
        raise LaunchError(f"{command.base_url} rejects the API key; set VTC_API_KEY to the server's key")
    name = answer.at("data", 0, "id")
    if answer.status != 200 or not isinstance(name, str):
        return None
    if not _all_serve(command):
        return None
    listed = answer.at("data", 0, "max_model_len")
    known = None if command.workers else command.context_length  # the router does not list it
    return Served(name, listed if isinstance(listed, int) else known, command.base_url, child.pid)


def _all_serve(command: Command) -> bool:
    """Tell whether a router sends requests to all of its replicas; it answers as soon as one is ready.

    A router that does not list its workers is taken at its word.
    """
    if command.replicas is None:
        return True
    root = Server(command.base_url.removesuffix("/v1"), key=command.api_key, timeout=_ANSWER)
    try:
        found = root.get("/workers").at("workers")
    except BackendError:
        return False
    if not isinstance(found, list):
        return True
    workers = [worker for worker in found if isinstance(worker, dict)]
    return sum(worker.get("is_healthy") is not False for worker in workers) >= command.replicas


def _require_free(command: Command) -> None:
    """Refuse a port that is in use: the answers of another server would pass for those of the new one."""
    family = socket.AF_INET6 if ":" in command.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((command.host, command.port))
        except OSError as error:
            raise UsageError(
                f"cannot listen on {command.host} port {command.port} ({error.strerror or error}); "
                "choose another --port or --host"
            ) from error


def _ended(child: Child, when: str) -> LaunchError:
    how = f"by signal {-child.code}" if child.code is not None and child.code < 0 else f"code {child.code}"
    return LaunchError(f"the server exited {when}, {how}; {_log_tail(child)}")


def _log_tail(child: Child) -> str:
    lines = child.last_lines()
    if not lines:
        return "its log is empty"
    log = "\n".join(lines).lower()
    remedy = next((f"; {remedy}" for symptom, remedy in _REMEDIES if symptom in log), "")
    return f"its log ends: {' | '.join(lines[-3:])[-600:]}{remedy}"
