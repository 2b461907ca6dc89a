"""Solves that end early on a real SGLang: cancelled, interrupted, or too long for its context."""

import asyncio
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import arguments, environment, vtc
from tests.servers.running import Running
from vtc_r1 import Solver
from vtc_r1.backends.base import Request
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.configuration import Sampling
from vtc_r1.errors import BackendError, ContextOverflow
from vtc_r1.prompts import Prompt
from vtc_r1.storage import load_trace

pytestmark = pytest.mark.sglang

QUESTION = "37 + 85 - 19 * 2 + 46"
ENDLESS = {"temperature": 5.0}
"""So hot that the model writes noise, and ends a segment once in some hundreds of tokens."""
LONG = 1_900
AT_ONCE = 3.0
"""Seconds within which nothing may run any more; the noise would last half a minute."""


def none(busy: int) -> bool:
    return busy == 0


async def test_cancelled_solves_free_their_slots(server: Running) -> None:
    many = 6
    options = {"sampling": ENDLESS, "segment_tokens": LONG}
    async with Solver(base_url=server.base_url, model=server.model, **options) as solver:
        solves = [asyncio.create_task(solver.asolve(QUESTION)) for _ in range(many)]
        started = await asyncio.to_thread(server.busy_until, lambda busy: busy >= many - 2, 60)
        assert started is not None
        for solve in solves:
            solve.cancel()
        await asyncio.gather(*solves, return_exceptions=True)
        freed = await asyncio.to_thread(server.busy_until, none, AT_ONCE)
    assert freed is not None, f"{server.busy()} still run after {AT_ONCE:g} s"


def test_an_interrupted_command_frees_its_slot(server: Running, tmp_path: Path) -> None:
    flags = ["--temperature", "5", "--segment-tokens", str(LONG), "--save", "run"]
    words = arguments("solve", QUESTION, *server.flags, *flags)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, cwd=tmp_path, env=environment(), **pipes) as running:
        try:
            assert server.busy_until(lambda busy: busy > 0, 60) is not None
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=20)
        finally:
            running.kill()
    assert server.busy_until(none, AT_ONCE) is not None
    assert running.returncode == 130
    assert b"Traceback" not in err, err.decode()
    assert load_trace(tmp_path / "run").status == "cancelled"


def test_a_segment_too_long_for_the_context_ends_honestly(server: Running, tmp_path: Path) -> None:
    done = vtc("solve", QUESTION, *server.flags, "--segment-tokens", "5000", "--save", "run", cwd=tmp_path)
    trace = load_trace(tmp_path / "run")
    assert "Traceback" not in done.err
    if trace.status == "failed":
        assert done.code == 1
        assert trace.error is not None and "2048" in trace.error.replace(",", "") and "\n" not in trace.error
    else:
        assert (trace.status, trace.answer, done.code) == ("answered", "130", 0)


async def test_a_prompt_too_long_for_the_context_is_told_with_its_numbers(server: Running) -> None:
    backend = OpenAIBackend(server.base_url, server.model)
    request = Request(Prompt(None, ("1+2" * 1_000,)), Sampling(), max_tokens=64)
    with pytest.raises(BackendError, match=r"400|context") as caught:
        async for _ in backend.generate(request):
            pass
    await backend.aclose()
    assert "\n" not in str(caught.value)
    if isinstance(caught.value, ContextOverflow):
        assert (caught.value.context, caught.value.prompt) == (2_048, 3_003)


async def test_the_server_answers_as_before_after_all_that(server: Running) -> None:
    async with Solver(base_url=server.base_url, model=server.model) as solver:
        trace = await solver.asolve(QUESTION)
    assert (trace.status, trace.answer) == ("answered", "130")
