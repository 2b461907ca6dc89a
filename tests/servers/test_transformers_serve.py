"""`transformers serve`: another real server, with another idea of OpenAI's protocol than SGLang's.

It lists what lies in the hub's cache, counts no image tokens, and refuses `top_k`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.cli.command import vtc
from tests.servers.running import Running, transformers_serve
from vtc_r1 import Solver, Trace
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.eval.arithmetic import Problem
from vtc_r1.storage import load_trace

pytestmark = [pytest.mark.sglang, pytest.mark.slow]

NAME, COMMIT = "vtc-r1/nano", "0" * 40
SOME = 6


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


def without_top_k(base_url: str) -> AsyncOpenAI:
    """A client of one's own, as a caller may hand one in, that leaves `top_k` out."""
    client = AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0)
    create = client.chat.completions.create

    async def shorter(**said: Any) -> Any:
        said["extra_body"] = {key: value for key, value in said["extra_body"].items() if key != "top_k"}
        return await create(**said)

    client.chat.completions.create = shorter  # type: ignore[method-assign]
    return client


@pytest.mark.parametrize("stream", [True, False])
async def test_it_gives_the_answers_of_this_process(
    other: Running, drawn: list[Problem], embedded: list[Trace], stream: bool
) -> None:
    wanted = embedded[-SOME:]
    assert {len(trace.iterations) for trace in wanted} >= {1, 2}
    async with without_top_k(other.base_url) as client:
        solver = Solver(client=client, model=other.model, stream=stream)
        await solver.backend.check()
        served = [await solver.asolve(problem.question) for problem in drawn[-SOME:]]
        await solver.aclose()
    assert [(trace.status, trace.error) for trace in served] == [("answered", None)] * SOME
    assert [trace.answer for trace in served] == [trace.answer for trace in wanted]
    ours = [[done.usage.prompt_tokens for done in trace.iterations] for trace in wanted]
    assert [[done.usage.prompt_tokens for done in trace.iterations] for trace in served] == ours


def test_the_command_solves_or_says_what_the_server_refuses(other: Running, tmp_path: Path) -> None:
    done = vtc("solve", "37 + 85 - 19 * 2 + 46", *other.flags, "--save", "run", cwd=tmp_path)
    trace = load_trace(tmp_path / "run")
    assert "Traceback" not in done.err
    if trace.status == "failed":
        assert done.code == 1 and trace.error is not None and "answered 422" in trace.error
    else:
        assert (trace.answer, done.code) == ("130", 0)
