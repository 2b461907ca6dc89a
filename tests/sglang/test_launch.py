"""The command starts a server, waits for it, hands signals on and leaves nothing behind."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Result, arguments, environment, vtc
from tests.conftest import Serve

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
NAME = "Qwen/Qwen3-VL-8B-Instruct"


@pytest.fixture
def python(tmp_path: Path) -> str:
    """An interpreter that behaves as if it had SGLang."""
    script = tmp_path / "python-with-sglang"
    fake = ROOT / "tests" / "sglang" / "fake_python.py"
    script.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" "{fake}" "$@"\n', encoding="utf-8"
    )
    script.chmod(0o755)
    return str(script)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def noted(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "notes.json").read_text(encoding="utf-8"))
    return found


def nothing_left(folder: Path) -> bool:
    deadline = time.monotonic() + 5
    while any(map(alive, noted(folder)["ids"])) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(alive, noted(folder)["ids"]))


@contextmanager
def launched(folder: Path, python: str, *flags: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    words = arguments("launch", NAME, "--python", python, *flags)
    settings = environment(NOTES=str(folder / "notes.json"), **more)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=folder, env=settings, **pipes) as running:  # type: ignore[call-overload]
        try:
            yield running
        finally:
            running.kill()


def run(folder: Path, python: str, *flags: str, **more: str) -> Result:
    words = ["launch", NAME, "--python", python, *flags]
    return vtc(*words, cwd=folder, NOTES=str(folder / "notes.json"), **more)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_it_serves_and_stops_on_a_signal(tmp_path: Path, python: str, number: int) -> None:
    port = str(free_port())
    with launched(tmp_path, python, "--port", port) as running:
        first, second = running.stdout.readline(), running.stdout.readline()
        assert first == f"{NAME} · context 32,768 tokens · http://127.0.0.1:{port}/v1\n"
        assert second.startswith("vtc-r1 solve ")
        assert second.endswith(f"--base-url http://127.0.0.1:{port}/v1 --model {NAME}\n")
        running.send_signal(number)
        _, err = running.communicate(timeout=15)
    assert running.returncode == 130
    assert {"Loading weights", "fired up"} <= set(err.splitlines()) and "Traceback" not in err
    assert noted(tmp_path)["signal"] == number
    assert nothing_left(tmp_path)


def test_a_router_is_ready_once_all_replicas_are(tmp_path: Path, python: str) -> None:
    late, port = tmp_path / "late", str(free_port())
    flags, has = ["--router", "--replicas", "2", "--port", port], "sglang sglang_router"
    with launched(tmp_path, python, *flags, HAS=has, LATE=str(late)) as running:
        for line in running.stderr:
            if line == "fired up\n":
                break
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(1)
        assert not select.select([running.stdout], [], [], 0)[0]
        late.touch()
        assert running.stdout.readline().startswith(NAME)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=15)


def test_the_flags_reach_the_server_as_it_spells_them(tmp_path: Path, python: str) -> None:
    port = str(free_port())
    flags = ["--port", port, "--tp", "2", "--mem-fraction", "0.8", "--json", "--", "--quantization", "fp8"]
    with launched(tmp_path, python, *flags) as running:
        served = json.loads(running.stdout.readline())
        words = noted(tmp_path)["words"]
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=15)
    assert (served["model"], served["context_length"]) == (NAME, 32_768)
    assert words[:4] == ["-m", "sglang.launch_server", "--model-path", NAME]
    assert words[-2:] == ["--quantization", "fp8"]
    assert served["pid"] == noted(tmp_path)["ids"][0]
    for flag, value in {"--port": port, "--tp-size": "2", "--mem-fraction-static": "0.8"}.items():
        assert words[words.index(flag) + 1] == value


@pytest.mark.parametrize("again", [False, True])
def test_a_server_that_ignores_signals_is_ended(tmp_path: Path, python: str, again: bool) -> None:
    flags = ["--port", str(free_port()), "--grace", "60" if again else "0.5"]
    with launched(tmp_path, python, *flags, FAKE="deaf") as running:
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        if again:
            deadline = time.monotonic() + 5
            while noted(tmp_path)["signal"] is None and time.monotonic() < deadline:
                time.sleep(0.02)
            running.send_signal(signal.SIGINT)
        running.communicate(timeout=15)
    assert running.returncode == 130
    assert nothing_left(tmp_path)


def test_an_interrupt_before_it_is_ready_ends_it(tmp_path: Path, python: str) -> None:
    with launched(tmp_path, python, "--port", str(free_port()), FAKE="mute") as running:
        assert "Loading" in running.stderr.readline()
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=15)
    assert (running.returncode, out) == (130, "")
    assert nothing_left(tmp_path)


ENDS = {
    "dies": (
        ["--timeout", "30"],
        "exited before it was ready, code 3; its log ends: ",
        "lower --mem-fraction",
    ),
    "dies later": (
        ["--timeout", "30"],
        "exited while serving, code 9; its log ends: ",
        "the scheduler died",
    ),
    "mute": (["--timeout", "2"], "was not ready within 2 s", "raise --timeout"),
}


@pytest.mark.parametrize("manner", ENDS)
def test_a_server_that_fails_is_one_line_with_its_last_words(
    tmp_path: Path, python: str, manner: str
) -> None:
    flags, what, remedy = ENDS[manner]
    done = run(tmp_path, python, "--port", str(free_port()), *flags, FAKE=manner)
    *_, last = done.err.splitlines()
    assert done.code == 1
    assert last.startswith("vtc-r1: ") and what in last and remedy in last
    assert "Traceback" not in done.err
    assert nothing_left(tmp_path)


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path, python: str, serve: Serve) -> None:
    taken = serve([]).base_url.split(":")[2].removesuffix("/v1")
    done = run(tmp_path, python, "--port", taken)
    assert done.code == 2
    assert f"port {taken}" in done.error and "--port" in done.error
    assert not (tmp_path / "notes.json").exists()


REFUSED = {
    "no such program": (["--python", "no/such/python"], {}, "not a program"),
    "no sglang in it": ([], {"HAS": "nothing"}, "lacks sglang; install it there"),
    "no router in it": (["--router", "--replicas", "2"], {}, "lacks sglang-router"),
    "a router without servers": (["--router"], {}, "--replicas N here, or --worker-url"),
    "replicas without a router": (["--replicas", "2"], {}, "add --router"),
    "copies twice": (["--router", "--replicas", "2", "--dp", "2"], {}, "give --replicas only"),
    "servers twice": (["--router", "--replicas", "2", "--worker-url", "http://a:1"], {}, "give one"),
    "a stray argument": (["stray"], {}, "flags of SGLang go after --"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_launched_is_one_line(tmp_path: Path, python: str, case: str) -> None:
    flags, more, said = REFUSED[case]
    done = run(tmp_path, python, *flags, **more)
    assert done.code == 2
    assert said in done.error


def test_without_sglang_the_ways_to_get_it_are_named(tmp_path: Path) -> None:
    if find_spec("sglang") is not None:
        pytest.skip("SGLang is installed here")
    done = vtc("launch", NAME, cwd=tmp_path)
    assert done.code == 2
    assert all(way in done.error for way in ("[sglang]", "--python", "--print"))


def test_the_helper_processes_are_looked_for_in_the_session() -> None:
    from vtc_r1.sglang.process import members

    assert os.getpid() in members(os.getsid(0))
