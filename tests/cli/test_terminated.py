"""SIGTERM and SIGHUP: every command that runs long stores what is done, as for Ctrl-C, and goes on later."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.cli.command import arguments, environment, on, vtc
from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply
from tests.sft.openr1 import row, write_jsonl
from vtc_r1.errors import StorageError
from vtc_r1.eval.runs import RunFolder
from vtc_r1.storage import load_trace, parse_trace

pytestmark = pytest.mark.process

NAMES = ("one", "two", "three", "four")
SLOW = Reply("A long, slow thought. " * 50, pause=0.05)


def hangs_but_for_one(body: dict[str, object]) -> Reply:
    """Answer the question about `one`; say nothing to any other."""
    return Reply("\\boxed{1}" if "one?" in str(body) else "", hang="one?" not in str(body))


def answers(body: dict[str, object]) -> Reply:
    return Reply(f"\\boxed{{{next(at for at, name in enumerate(NAMES, 1) if f'{name}?' in str(body))}}}")


def hear() -> None:
    """Hear SIGHUP, which is ignored where these tests run below nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def end(
    words: list[str],
    folder: Path,
    ready: Callable[[], bool],
    *signals: signal.Signals,
    before: Callable[[], object] | None = None,
) -> tuple[int, str]:
    """Start a command, send it signals once it is ready; return its exit code and what it said."""
    with subprocess.Popen(
        arguments(*words),
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=before or hear,
        start_new_session=True,
    ) as running:
        try:
            last = time.monotonic() + 60
            while not ready():
                assert running.poll() is None and time.monotonic() < last
                time.sleep(0.02)
            for number in signals:
                os.killpg(running.pid, number)  # as a service manager or a terminal that closes sends it
            _, said = running.communicate(timeout=60)
        finally:
            running.kill()
    text = said.decode()
    assert "Traceback" not in text and "Exception ignored" not in text, text
    return running.returncode, text


@pytest.mark.parametrize(
    "signals",
    [(signal.SIGTERM,), (signal.SIGHUP,), (signal.SIGTERM, signal.SIGINT, signal.SIGTERM)],
    ids=["terminated", "hung up", "again and again"],
)
def test_a_solve_is_stored(serve: Serve, tmp_path: Path, signals: tuple[signal.Signals, ...]) -> None:
    server = serve(["First, 6 times 7 is 42.\n", SLOW])
    words = ["solve", "What?", "--save", "run", *on(server)]
    code, said = end(words, tmp_path, lambda: len(server.requests) >= 2, *signals)
    assert code == 130, said
    trace = load_trace(tmp_path / "run")
    assert (trace.status, len(trace.iterations), len(trace.pages)) == ("cancelled", 1, 1)
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_solve_below_nohup_goes_on(serve: Serve, tmp_path: Path) -> None:
    server = serve([Reply("\\boxed{4}", pause=0.5)])
    words = ["solve", "What?", "--save", "run", *on(server)]

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    code, said = end(words, tmp_path, lambda: len(server.requests) >= 1, signal.SIGHUP, before=ignore)
    assert code == 0 and load_trace(tmp_path / "run").answer == "4", said


def questions(folder: Path) -> list[str]:
    rows = [{"id": name, "question": f"{name}?", "answer": at} for at, name in enumerate(NAMES, 1)]
    write_jsonl(folder / "rows.jsonl", rows)
    return ["--question-field", "question", "--answer-field", "answer", "--id-field", "id"]


def batch(folder: Path) -> tuple[list[str], Callable[[], list[str]]]:
    questions(folder)

    def done() -> list[str]:
        lines = (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
        return [str(parse_trace(line).answer) for line in lines]

    return ["solve", "--batch", "rows.jsonl", "--out", "out.jsonl"], done


def evaluation(folder: Path) -> tuple[list[str], Callable[[], list[str]]]:
    words = ["eval", "--file", "rows.jsonl", *questions(folder)]

    def done() -> list[str]:
        return [str(sample.trace.answer) for sample in RunFolder(folder / "runs/rows/optical").samples()]

    return words, done


def sampling(folder: Path) -> tuple[list[str], Callable[[], list[str]]]:
    pytest.importorskip("pyarrow")
    words = ["data", "sample", "--problems", "rows.jsonl", *questions(folder), "--n", "1", "--out", "made"]

    def done() -> list[str]:
        (run,) = (folder / "made.solves").rglob("run.json")
        return [str(sample.trace.answer) for sample in RunFolder(run.parent).samples()]

    return words, done


@pytest.mark.parametrize("command", [batch, evaluation, sampling], ids=lambda command: command.__name__)
def test_many_solves_keep_what_is_finished_and_go_on(
    serve: Serve,
    tmp_path: Path,
    command: Callable[[Path], tuple[list[str], Callable[[], list[str]]]],
) -> None:
    words, done = command(tmp_path)
    hanging = serve(hangs_but_for_one)
    flags = [*words, "--concurrency", "2", *on(hanging)]

    def stored() -> bool:
        with suppress(OSError, ValueError, StorageError):
            return bool(done())
        return False

    code, said = end(flags, tmp_path, stored, signal.SIGTERM)
    assert code == 130 and done() == ["1"], said
    assert "run the same command again" in said
    hanging.script = answers
    again = vtc(*flags, cwd=tmp_path)
    assert again.code == 0 and sorted(done()) == ["1", "2", "3", "4"], again.err


def test_a_build_keeps_its_shards_and_no_worker_is_missed(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    write_jsonl(tmp_path / "rows.jsonl", [row(number, steps=8) for number in range(160)])
    words = ["data", "build", "--source", "rows.jsonl", "--out", "made", "--workers", "2"]
    words += ["--shard-rows", "2", "--segment-tokens", "100"]
    journal = tmp_path / "made.partial" / "work" / "journal.jsonl"
    code, said = end(words, tmp_path, lambda: journal.exists() and journal.stat().st_size > 0, signal.SIGTERM)
    assert code == 130 and "died" not in said, said
    shards = len(journal.read_text(encoding="utf-8").splitlines())
    assert shards
    again = vtc(*words, "--json", cwd=tmp_path)
    assert again.code == 0 and json.loads(again.out)["traces"], again.err


def ask(url: str, body: dict[str, object]) -> None:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with suppress(OSError, HTTPException), urlopen(request, timeout=60) as answer:
        answer.read()


def test_a_server_that_is_hung_up_stores_what_runs(serve: Serve, tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    backend: Loopback = serve([SLOW] * 8)
    words = ["serve", "--port", "0", "--json", "--save", "kept", "--grace", "0", *on(backend)]
    command = arguments(*words)
    options = {"cwd": tmp_path, "env": environment(), "stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, preexec_fn=hear, **options) as running:  # type: ignore[call-overload]
        try:
            url = json.loads(running.stdout.readline())["base_url"]
            body = {"model": MODEL, "messages": [{"role": "user", "content": "What?"}]}
            asking = threading.Thread(target=ask, args=(f"{url}/chat/completions", body), daemon=True)
            asking.start()
            assert backend.wait_for(lambda now: "What?" in str(now.requests[-1:]), 60)
            running.send_signal(signal.SIGHUP)
            _, said = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == 0, said.decode()
    (stored,) = (tmp_path / "kept").glob("*/trace.json")
    assert load_trace(stored.parent).status == "cancelled"
