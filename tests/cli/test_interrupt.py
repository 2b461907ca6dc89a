"""Ctrl-C: the command ends at once, and what it stored is whole."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import arguments, environment, on
from tests.conftest import Serve
from tests.loopback import Loopback, Reply, refusal
from vtc_r1.storage import load_trace, parse_trace

pytestmark = pytest.mark.process

WORK = "First, 6 times 7 is 42.\n"
SLOW = Reply("A long, slow thought. " * 50, pause=0.05)

MOMENTS = {
    "no word yet": ([Reply(hang=True)], 1, []),
    "no word yet, unstreamed": ([Reply(hang=True)], 1, ["--no-stream"]),
    "in a slow stream": ([SLOW], 1, []),
    "in a stream that hangs": ([Reply("A long thought.", hang_after=1)], 1, []),
    "in the second iteration": ([WORK, SLOW], 2, []),
    "before another attempt": ([refusal("busy", 503), Reply(hang=True)], 1, ["-q"]),
}


def interrupt(server: Loopback, words: list[str], folder: Path, ready: Callable[[Loopback], bool]) -> int:
    """Start the command, send it SIGINT once the server is ready; return its exit code."""
    command = arguments("solve", *words, *on(server))
    options = {"cwd": folder, "env": environment(), "stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **options) as running:
        try:
            assert server.wait_for(ready, 30)
            time.sleep(0.15)
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=10)
        finally:
            running.kill()
    assert b"Traceback" not in err and b"Exception ignored" not in err, err.decode()
    return running.returncode


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupted_solve_is_stored_whole_or_not_at_all(
    serve: Serve, tmp_path: Path, moment: str
) -> None:
    script, requests, flags = MOMENTS[moment]
    server = serve(script)
    words = ["What?", "--save", "run", *flags]
    assert interrupt(server, words, tmp_path, lambda now: len(now.requests) >= requests) == 130
    assert server.wait_for(lambda now: now.active == 0)
    trace = load_trace(tmp_path / "run")
    assert (trace.status, trace.answer, len(trace.iterations)) == ("cancelled", None, requests - 1)
    assert len(trace.pages) == requests - 1
    assert not list(tmp_path.rglob("*.tmp"))


def test_an_interrupted_batch_keeps_what_is_done(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "questions.txt").write_text("one?\ntwo?\nthree?\n", encoding="utf-8")
    server = serve(
        lambda body: Reply("\\boxed{1}" if "one?" in str(body) else "", hang="one?" not in str(body))
    )
    words = ["--batch", "questions.txt", "--out", "out.jsonl", "--concurrency", "2"]
    assert interrupt(server, words, tmp_path, lambda now: len(now.requests) >= 3) == 130
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [parse_trace(line).question for line in lines] == ["one?"]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="libraries are looked up in /proc")
@pytest.mark.parametrize("after", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("library", ["pydantic_core", "libtorch_cpu", "tokenizers"])
def test_the_embedded_model_can_be_interrupted_at_any_moment(
    tmp_path: Path, library: str, after: float
) -> None:
    pytest.importorskip("transformers", reason="the embedded model needs the extra local")
    words = ["37 + 85 - 19 * 2 + 46", "--save", "run"]
    options = {"cwd": tmp_path, "env": environment(), "stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(arguments("solve", *words), **options) as running:
        wait_until_loaded(running, library)
        time.sleep(after)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode in (0, 1, 130)
    assert b"Traceback" not in err, err.decode()
    if (tmp_path / "run" / "trace.json").exists():
        assert load_trace(tmp_path / "run").status in ("cancelled", "answered", "exhausted")
    else:
        assert running.returncode != 0


def wait_until_loaded(running: "subprocess.Popen[bytes]", library: str) -> None:
    """Wait until the process has mapped a library of that name, or has ended."""
    maps, last = Path(f"/proc/{running.pid}/maps"), time.monotonic() + 60
    while running.poll() is None and library not in maps.read_text(encoding="utf-8"):
        assert time.monotonic() < last, f"{library} was not loaded within a minute"
        time.sleep(0.01)
