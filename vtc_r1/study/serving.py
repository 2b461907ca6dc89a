"""The model server of the present step: launched when a step needs it, stopped when the next does not."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from vtc_r1.disk.atomic import write_atomic
from vtc_r1.sglang.process import members
from vtc_r1.study.commands import Command
from vtc_r1.study.jobs import Server
from vtc_r1.study.process import StepFailed, start

_NOTE, _LOG = "server.json", "server.log"
_GRACE = 60.0
_STAT_START = 19  #: index of the start time among the fields after a process's name in /proc


class Serving:
    """Keeps one server at a time.

    Args:
        folder: where it notes the server that it launched, and keeps its log.
        command: `vtc-r1 launch`, as a study needs it.
        say: prints a line.
    """

    def __init__(self, folder: Path, command: Command, say: Callable[[str], None]) -> None:
        self._folder, self._command, self._say = folder, command, say
        self._launcher: subprocess.Popen[bytes] | None = None
        self.hash: str | None = None
        self._flags: list[str] = []

    def flags(self, server: Server | None) -> list[str]:
        """Return the flags that reach a server, launched if need be; another one is stopped first."""
        ended = self._launcher is not None and self._launcher.poll() is not None
        if server is None or server.hash != self.hash or ended:
            self.stop()
        if server is None:
            return []
        if server.base_url is not None:
            return ["--base-url", server.base_url, "--model", server.model]
        if self.hash is None:
            self._launch(server)
        return self._flags

    def stop(self) -> None:
        """Stop the server that runs, if one does."""
        launcher, self._launcher, self.hash = self._launcher, None, None
        if launcher is None:
            return
        with suppress(ProcessLookupError):
            launcher.send_signal(signal.SIGINT)
        try:
            launcher.wait(_GRACE)
        except subprocess.TimeoutExpired:
            launcher.kill()
            launcher.wait()
        self.end_left_over()

    def end_left_over(self) -> None:
        """End a server whose launcher was killed."""
        note = self._folder / _NOTE
        with suppress(OSError, ValueError, KeyError, TypeError):
            known = json.loads(note.read_bytes())
            if _started(known["pid"]) == known["started"]:
                self._say(
                    f"a server of a study that was killed still runs (process {known['pid']}); it is ended"
                )
                _end(known["pid"])
        note.unlink(missing_ok=True)

    def _launch(self, server: Server) -> None:
        self.end_left_over()
        values = dict(server.values)
        environment, extra = values.pop("environment", {}), values.pop("extra", [])
        values.setdefault("port", free_port())
        if (python := values.get("python") or sglang_python()) is not None:
            values["python"] = python
        log = self._folder / _LOG
        self._say(f"{server.step}: launching {server.model} on port {values['port']}; its log is {log}")
        line = [*self._command.line(values), "--json", *(["--", *extra] if extra else [])]
        words = [sys.executable, "-m", "vtc_r1", *line]
        read, write = os.pipe()
        with os.fdopen(read, "rb") as out, log.open("wb") as err:
            try:
                self._launcher = start(words, write, environment=_texts(environment), err=err.fileno())
            finally:
                os.close(write)
            said = out.readline()
        if not said:
            code = self._launcher.wait()
            self._launcher = None
            raise StepFailed(f"{server.step}: the server did not start (exit code {code}): {_last(log)}")
        served = json.loads(said)
        note = {"pid": served["pid"], "started": _started(served["pid"])}
        write_atomic(self._folder / _NOTE, json.dumps(note).encode())
        self.hash = server.hash
        self._flags = ["--base-url", served["base_url"], "--model", served["model"]]


def sglang_python() -> str | None:
    """Return the interpreter that has SGLang if it is not this one: VTC_SGLANG_PYTHON, or the tests' own."""
    if named := os.environ.get("VTC_SGLANG_PYTHON"):
        return named
    if find_spec("sglang") is not None:
        return None
    tests = user_cache_path("vtc-r1") / "servers" / "bin" / "python"
    return str(tests) if tests.is_file() else None


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((host, port))
            return True
    return False


def _last(log: Path) -> str:
    """Return the launcher's last message, which explains why there is no server."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    ours = [line for line in lines if line.startswith("vtc-r1: ")]
    return (ours or lines or ["its log is empty"])[-1].removeprefix("vtc-r1: ")


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _started(pid: int) -> str | None:
    """Return when a process started, which distinguishes it from a later one with the same id."""
    with suppress(OSError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[_STAT_START]
    return None


def _end(session: int) -> None:
    """End all processes of a session."""
    for number, seconds in ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0)):
        for process in members(session):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)
        deadline = time.monotonic() + seconds
        while members(session) and time.monotonic() < deadline:
            time.sleep(0.1)
