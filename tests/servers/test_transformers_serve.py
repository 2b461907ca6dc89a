"""`transformers serve`: another real server, with another idea of OpenAI's protocol than SGLang's.

It lists what lies in the hub's cache, counts no image tokens, and refuses `top_k`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from tests.cli.command import vtc
from tests.servers.running import Running, transformers_serve
from vtc_r1 import Solver, Trace
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.eval.drawn import Problem
from vtc_r1.storage import load_trace

pytestmark = pytest.mark.sglang

NAME, COMMIT = "vtc-r1/nano", "0" * 40
SOME = slice(None, None, 3)


@pytest.fixture(scope="module")
def other(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    hub = tmp_path_factory.mktemp("hub")
    repository = hub / f"models--{NAME.replace('/', '--')}"
    shutil.copytree(checkpoint(), repository / "snapshots" / COMMIT)
    for folder in ("refs", "blobs"):
        (repository / folder).mkdir()
    (repository / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    with transformers_serve(python, tmp_path_factory.mktemp("serve"), hub, NAME) as running:
        yield running


@pytest.mark.parametrize("stream", [True, False])
async def test_it_gives_the_answers_of_this_process(
    other: Running, drawn: list[Problem], embedded: list[Trace], stream: bool
) -> None:
    wanted = embedded[SOME]
    assert {len(trace.iterations) for trace in wanted} >= {1, 2}
    async with AsyncOpenAI(base_url=other.base_url, api_key="none", max_retries=0) as client:
        solver = Solver(client=client, model=other.model, stream=stream)
        await solver.backend.check()
        served = [await solver.asolve(problem.question) for problem in drawn[SOME]]
        await solver.aclose()
    assert [(trace.status, trace.error) for trace in served] == [("answered", None)] * len(wanted)
    assert [trace.answer for trace in served] == [trace.answer for trace in wanted]
    ours = [[done.usage.prompt_tokens for done in trace.iterations] for trace in wanted]
    assert [[done.usage.prompt_tokens for done in trace.iterations] for trace in served] == ours


def test_the_command_solves(other: Running, tmp_path: Path) -> None:
    done = vtc("solve", "37 + 85 - 19 * 2 + 46", *other.flags, "--save", "run", cwd=tmp_path)
    trace = load_trace(tmp_path / "run")
    assert (trace.error, trace.answer, done.code) == (None, "130", 0), done.err
