"""`vtc-r1 serve` in a process of its own, and streams that are read from it."""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from serve_backend import MODEL

_STAMP = re.compile(r"@([0-9.]+)@")
_STATUS = "/proc/{}/status"


@dataclass(frozen=True)
class Facade:
    """A running server."""

    url: str
    pid: int

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.url).port or 0

    def resident_mb(self) -> float:
        """Memory that it holds."""
        status = Path(_STATUS.format(self.pid)).read_text(encoding="utf-8")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]

    def cpu_seconds(self) -> float:
        """Processor time that it has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


@contextlib.contextmanager
def facade(base_url: str, *words: object) -> Iterator[Facade]:
    """Serve a model server's model until the block ends."""
    flags = ["--base-url", base_url, "--model", MODEL, "--port", "0", "--grace", "2", "--json"]
    command = [sys.executable, "-m", "vtc_r1", "serve", *flags, *map(str, words)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        line = running.stdout.readline()
        if not line:
            raise RuntimeError("vtc-r1 serve did not start; its message stands above")
        yield Facade(json.loads(line)["url"].rstrip("/"), running.pid)
    finally:
        running.terminate()
        running.wait()


@dataclass
class Read:
    """What came of some streams.

    Attributes:
        delays: seconds from the server's first token of a solve to the client that reads it.
        done: streams that ended as they should.
        errors: what went wrong with others.
    """

    delays: list[float] = field(default_factory=list)
    done: int = 0
    errors: list[str] = field(default_factory=list)


async def stream(session: aiohttp.ClientSession, url: str, read: Read) -> None:
    """Read one stream to its end."""
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "What is 6?"}]}
    has_begun = is_done = False
    try:
        async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
            if answer.status != 200:
                read.errors.append(f"status {answer.status}")
                return
            async for line in answer.content:
                if not has_begun and (stamp := _STAMP.search(line.decode())):
                    read.delays.append(time.monotonic() - float(stamp[1]))
                    has_begun = True
                if line.startswith(b'data: {"error"'):
                    read.errors.append(line.decode()[:200])
                is_done |= line.startswith(b"data: [DONE]")
    except (aiohttp.ClientError, TimeoutError) as error:
        read.errors.append(f"{type(error).__name__}: {error}")
        return
    read.done += is_done
    if not is_done:
        read.errors.append("the stream ended early")


async def streams(url: str, clients: int, *, each: int = 0, seconds: float = 0.0) -> Read:
    """Let clients read one stream after another: so many each, or for so long."""
    read, end = Read(), time.monotonic() + seconds

    async def client(session: aiohttp.ClientSession) -> None:
        count = 0
        while count < each or time.monotonic() < end:
            await stream(session, url, read)
            count += 1

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(client(session) for _ in range(clients)))
    return read


async def looks(facade: Facade, path: str, every: float) -> tuple[list[float], list[float]]:
    """Ask for something until cancelled; returns the seconds that it took, and memory in MB meanwhile."""
    took: list[float] = []
    memory: list[float] = []
    with contextlib.suppress(asyncio.CancelledError):
        async with aiohttp.ClientSession() as session:
            while True:
                began = time.monotonic()
                async with session.get(facade.url + path) as answer:
                    await answer.read()
                took.append(time.monotonic() - began)
                memory.append(facade.resident_mb())
                await asyncio.sleep(every)
    return took, memory
