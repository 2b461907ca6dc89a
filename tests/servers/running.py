"""Real servers as child processes: started, waited for, asked how busy they are, ended with all their kin."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.command import arguments, environment
from vtc_r1.backends.wire.server import Server
from vtc_r1.sglang.process import members

READY = 600.0
"""Seconds that a server may take to answer: 30 on an idle machine, minutes on a busy one."""
GRACE = 20
ROWS = 8
"""Requests that a server of the tests works on at once."""
ON_CPU = (
    "--device cpu --dtype float32 --attention-backend torch_native --mm-attention-backend sdpa "
    "--sampling-backend pytorch --grammar-backend none --disable-overlap-schedule --skip-server-warmup "
    f"--sleep-on-idle --max-total-tokens 16384 --max-running-requests {ROWS}"
).split()


@dataclass(frozen=True)
class Running:
    """A server that answers.

    Attributes:
        base_url: its `/v1` address.
        model: the name under which it serves the model.
        context_length: as `vtc-r1 launch` tells it, None where it does not.
        log: the file to which it writes.
        pid: of its session, where it is one of its own.
    """

    base_url: str
    model: str
    context_length: int | None
    log: Path
    pid: int | None = None

    @property
    def port(self) -> str:
        """Where it listens."""
        return self.base_url.split(":")[2].removesuffix("/v1")

    def kill(self) -> None:
        """End all of its processes without a warning."""
        for process in members(self.pid) if self.pid else ():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    @property
    def flags(self) -> list[str]:
        """What names it on the command line."""
        return ["--base-url", self.base_url, "--model", self.model]

    def busy(self) -> int:
        """Requests that SGLang works on or keeps waiting."""
        loads = Server(self.base_url).get("/loads").body["loads"]
        return sum(load["num_running_reqs"] + load["num_waiting_reqs"] for load in loads)

    def busy_until(self, enough: Callable[[int], bool], seconds: float) -> float | None:
        """Wait until so many are busy; return the seconds that it took, None where it never was."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if enough(self.busy()):
                return time.monotonic() - began
            time.sleep(0.05)
        return None

    def replicas(self) -> list["Running"]:
        """The servers behind SGLang's router, from its log."""
        ports = re.findall(r"DP server process \d+ on port (\d+)", self.log.read_text(errors="replace"))
        return [Running(f"http://127.0.0.1:{port}/v1", self.model, None, self.log) for port in ports]


@contextmanager
def sglang(
    python: str, folder: Path, model: Path, *flags: str, more: tuple[str, ...] = ()
) -> Iterator[Running]:
    """Run SGLang through `vtc-r1 launch`; `more` goes to SGLang as it is."""
    cores = [str(core) for core in sorted(os.sched_getaffinity(0))]
    replicas = int(flags[flags.index("--replicas") + 1]) if "--replicas" in flags else 2
    settings = environment(
        SGLANG_USE_CPU_ENGINE="1",
        SGLANG_CPU_OMP_THREADS_BIND="|".join(cores[-at % len(cores)] for at in range(replicas)),
        TORCHDYNAMO_DISABLE="1",
        HF_HUB_OFFLINE="1",
    )
    ours = ["--python", python, "--port", str(free_port()), "--timeout", f"{READY:g}", "--grace", str(GRACE)]
    words = arguments("launch", model, *ours, *flags, "--json", "--", *ON_CPU, *more)
    log, pid = folder / "server.log", None
    with (
        log.open("w") as err,
        subprocess.Popen(words, cwd=folder, env=settings, stdout=subprocess.PIPE, stderr=err) as launcher,
    ):
        try:
            said = launcher.stdout.readline() if launcher.stdout else b""
            assert said, f"vtc-r1 launch ended with {launcher.wait()}; {last_words(log)}"
            served = json.loads(said)
            pid = served.pop("pid")
            yield Running(**served, log=log, pid=pid)
        finally:
            end(launcher, pid)


@contextmanager
def transformers_serve(python: str, folder: Path, hub: Path, model: str) -> Iterator[Running]:
    """Run `transformers serve` for a model that lies in the folder `hub` as the hub's cache would have it."""
    port = free_port()
    settings = environment(HF_HUB_OFFLINE="1", HF_HUB_CACHE=str(hub), OMP_NUM_THREADS="1")
    words = [python, "-m", "transformers.cli.transformers", "serve", model]
    words += ["--device", "cpu", "--dtype", "float32", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "server.log"
    options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "start_new_session": True}
    with (
        log.open("w") as err,
        subprocess.Popen(words, cwd=folder, env=settings, stderr=err, **options) as own,
    ):
        try:
            base_url = f"http://127.0.0.1:{port}/v1"
            await_models(base_url, own, log)
            yield Running(base_url, model, None, log)
        finally:
            end(own, own.pid)


def await_models(base_url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a server lists its models."""
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline:
        assert process.poll() is None, f"it ended with {process.returncode}; {last_words(log)}"
        with suppress(Exception):
            if Server(base_url, timeout=5).get("/models").status == 200:
                return
        time.sleep(0.5)
    raise AssertionError(f"{base_url} did not answer within {READY:g} s; {last_words(log)}")


def end(process: "subprocess.Popen[bytes]", session: int | None) -> None:
    """Interrupt a process, and kill it and whatever is left of a session if that is not enough."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE + 10)
    except subprocess.TimeoutExpired:
        process.kill()
    for left in members(session) if session else ():
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


def last_words(log: Path) -> str:
    """The end of a log."""
    return "it said last: " + " | ".join(log.read_text(errors="replace").splitlines()[-5:])[-2000:]


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
